import { expect, test } from '@jest/globals';
import { hashOpaqueToken, isOpaqueToken, newOpaqueToken } from './opaque-token.js';

test('a token carries 256 bits in 43 characters and is well formed', () => {
  for (let round = 0; round < 100; round++) {
    const { token, hash } = newOpaqueToken();
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(isOpaqueToken(token)).toBe(true);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOpaqueToken(token)).toBe(hash);
  }
});

test('no two tokens are equal', () => {
  const tokens = Array.from({ length: 1000 }, () => newOpaqueToken().token);
  expect(new Set(tokens).size).toBe(1000);
});

test.each([
  '',
  'x',
  'a'.repeat(42),
  'a'.repeat(44),
  `${'a'.repeat(42)}B`,
  `${'a'.repeat(42)}=`,
  `${'a'.repeat(41)}.A`,
])('what we could not have issued is junk: %j', (text) => expect(isOpaqueToken(text)).toBe(false));
