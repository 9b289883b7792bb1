import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { newId } from '../platform/database/index.js';
import { isMarkedApiKey, isSameHash, mintApiKey, parseApiKey } from './api-key.format.js';

const ID = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';

/** The next character of the alphabet: in last place it decodes to the same bytes. */
function twinOf(key: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return key.slice(0, -1) + alphabet[alphabet.indexOf(key.at(-1)!) + 1]!;
}

describe('a key', () => {
  test('has its id, 256 random bits, and is kept as their hash', () => {
    const { key, prefix, hash } = mintApiKey(ID);
    const secret = key.slice(`ak_${ID}_`.length);
    expect(key).toBe(`ak_${ID}_${secret}`);
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(prefix).toBe(`ak_${ID}_${secret.slice(0, 4)}`);
    expect(hash).toBe(createHash('sha256').update(secret).digest('hex'));
    expect(parseApiKey(key)).toEqual({ id: ID, hash });
  });

  test('is like no other, and is known again whatever characters its secret has', () => {
    const keys = Array.from({ length: 500 }, () => mintApiKey(newId()));
    expect(new Set(keys.map(({ hash }) => hash)).size).toBe(500);
    for (const { key, hash } of keys) expect(parseApiKey(key)?.hash).toBe(hash);
  });

  test('has one spelling', () => {
    const { key } = mintApiKey(ID);
    const twin = twinOf(key);
    expect(Buffer.from(twin.slice(-43), 'base64url')).toEqual(Buffer.from(key.slice(-43), 'base64url'));
    for (const spelling of [twin, key.toUpperCase(), key.replace(ID, ID.toUpperCase()), `${key}=`])
      expect(parseApiKey(spelling)).toBeNull();
  });

  test.each([
    '',
    'ak_',
    `ak_${ID}`,
    `ak_${ID}_`,
    `ak_${ID}_short`,
    `ak_${ID.replaceAll('-', '')}_${'A'.repeat(43)}`,
    `ak_01980c5e-7d5a-4c3e-9b1a-3f2d1c0b9a87_${'A'.repeat(43)}`,
    `ak_${ID}_${'A'.repeat(44)}`,
    `ak_${ID}_${'A'.repeat(42)}`,
    `ak_${ID}_${'A'.repeat(42)}+`,
    `ak_${ID}_${'A'.repeat(42)}\n`,
    `ak_${ID}_${'A'.repeat(43)}\n`,
    ` ak_${ID}_${'A'.repeat(43)}`,
    `ak_' OR '1'='1_${'A'.repeat(43)}`,
    `AK_${ID}_${'A'.repeat(43)}`,
  ])('is none that is not of the form: %j', (junk) => {
    expect(parseApiKey(junk)).toBeNull();
  });

  test('is told from other credentials by how it begins', () => {
    expect(isMarkedApiKey(mintApiKey(ID).key)).toBe(true);
    expect(isMarkedApiKey('eyJhbGciOiJIUzI1NiJ9.e30.x')).toBe(false);
  });
});

test('hashes are the same or not, of whatever length', () => {
  expect(isSameHash('aa', 'aa')).toBe(true);
  expect(isSameHash('aa', 'ab')).toBe(false);
  expect(isSameHash('aa', 'aaa')).toBe(false);
  expect(isSameHash('', 'a')).toBe(false);
});
