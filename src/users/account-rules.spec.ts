import { describe, expect, jest, test } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { emailKey, isEmailAddress, MAX_METADATA_BYTES, MAX_METADATA_DEPTH } from './account-rules.js';
import { UserChanges } from './dto/update-user.dto.js';

/** The names of the rules that a change breaks. */
function broken(plain: object): string[] {
  const errors = validateSync(plainToInstance(UserChanges, plain), {
    whitelist: true,
    forbidNonWhitelisted: true,
  });
  return errors.flatMap(({ property, constraints }) =>
    Object.keys(constraints ?? {}).map((rule) => `${property}:${rule}`),
  );
}

const nested = (levels: number): object => (levels === 1 ? {} : { deeper: nested(levels - 1) });

describe('an e-mail address', () => {
  test.each([
    'ada@example.com',
    'Ada.Lovelace+news@mail.example.co.uk',
    "o'brien_1@example.com",
    'admin@arcana.local',
    'ada@xn--bcher-kva.example',
  ])('may be %s', (email) => expect(isEmailAddress(email)).toBe(true));

  test.each([
    ['no domain', 'ada'],
    ['no dot in the domain', 'ada@localhost'],
    ['a space', 'ada lovelace@example.com'],
    ['a quoted part', '"ada lovelace"@example.com'],
    ['a line break', 'ada@example.com\r\nBcc: eve@example.com'],
    ['NUL', 'ada\0@example.com'],
    ['a look-alike letter in the name', 'аda@example.com'],
    ['a look-alike letter in the domain', 'ada@exаmple.com'],
    ['another script', 'ada@bücher.example'],
    ['full-width letters', 'ａda@example.com'],
    ['a zero-width joiner', 'ad\u200da@example.com'],
    ['a zero-width space', 'ada\u200b@example.com'],
    ['a soft hyphen', 'a\u00adda@example.com'],
    ['an override of the direction', '\u202eada@example.com'],
    ['a combining mark', 'a\u0301da@example.com'],
    ['a full-width sign', 'ada＠example.com'],
    ['a full stop of another script', 'ada@example。com'],
    ['two addresses', 'ada@example.com,eve@example.com'],
    ['a display name', 'Ada <ada@example.com>'],
    ['more than 254 characters', `ada@${'a'.repeat(250)}.com`],
    ['a number', 7],
  ])('is refused with %s', (_, email) => expect(isEmailAddress(email)).toBe(false));

  test('is compared without surrounding space and without case', () => {
    expect(emailKey(' Ada@Example.COM ')).toBe('ada@example.com');
  });
});

describe('a name', () => {
  test('is tidied: no surrounding space, composed characters', () => {
    expect(plainToInstance(UserChanges, { name: '  Ame\u0301lie ' }).name).toBe('Am\u00e9lie');
  });

  test('may have 100 characters outside the basic plane', () => {
    expect(broken({ name: '🦊'.repeat(100) })).toEqual([]);
    expect(broken({ name: '🦊'.repeat(101) })).toEqual(['name:isDisplayName']);
  });

  test.each(['علي', 'می‌خواهم', '👩‍💻', '李小龍', 'O’Neill-Žižek, Jr.'])('may be %s', (name) =>
    expect(broken({ name })).toEqual([]),
  );

  test.each([
    ['nothing', ''],
    ['space alone', '   '],
    ['a line break', 'Ada\r\nBcc: eve'],
    ['NUL', 'A\0da'],
    ['an escape', 'A\u001b[31mda'],
    ['a line separator', 'A\u2028da'],
    ['half a character', 'A\ud83d'],
    ['text that runs backwards', 'A\u202egpj.exe'],
    ['an isolate', '\u2066Ada\u2069'],
    ['joiners alone', '\u200d\u200b\u2060'],
    ['null', null],
    ['an object', {}],
  ])('is refused as %s', (_, name) => expect(broken({ name })).toEqual(['name:isDisplayName']));
});

describe('a picture', () => {
  test('is an https URL, or null to remove it', () => {
    expect(broken({ avatar_url: 'https://cdn.example.com/a.png?size=2' })).toEqual([]);
    expect(broken({ avatar_url: null })).toEqual([]);
  });

  test.each([
    'http://cdn.example.com/a.png',
    'javascript:alert(1)',
    'https://user:secret@cdn.example.com/a.png',
    'https://cdn.example.com/a b.png',
    `https://cdn.example.com/${'a'.repeat(2048)}`,
    '//cdn.example.com/a.png',
    '',
    7,
  ])('is not %s', (avatar_url) => expect(broken({ avatar_url })).toEqual(['avatar_url:isPictureUrl']));
});

describe('metadata', () => {
  test('is kept as it came, whatever its keys', () => {
    const metadata = { constructor: 'x', toString: 1, list: [1, 'a', null, { b: true }], when: '2026-01-01' };
    expect(plainToInstance(UserChanges, { metadata }).metadata).toEqual(metadata);
    expect(broken({ metadata })).toEqual([]);
  });

  test('may be as large and as deep as the limits, and no more', () => {
    const fits = MAX_METADATA_BYTES - Buffer.byteLength(JSON.stringify({ text: '' }));
    expect(broken({ metadata: { text: 'a'.repeat(fits) } })).toEqual([]);
    expect(broken({ metadata: { text: 'a'.repeat(fits + 1) } })).toEqual(['metadata:isMetadata']);
    expect(broken({ metadata: nested(MAX_METADATA_DEPTH) })).toEqual([]);
    expect(broken({ metadata: nested(MAX_METADATA_DEPTH + 1) })).toEqual(['metadata:isMetadata']);
  });

  test.each([
    ['an array', []],
    ['null', null],
    ['text', 'x'],
    ['NUL in a value', { a: 'x\0' }],
    ['NUL in a key', { 'a\0': 1 }],
    ['half a character', { a: ['\ud83d'] }],
    ['a number JSON has not', { a: Infinity }],
    ['a key that would change the prototype', JSON.parse('{"a":{"__proto__":{"admin":true}}}')],
    ['something that is no JSON', { a: () => 1 }],
  ])('is refused as %s', (_, metadata) => expect(broken({ metadata })).toEqual(['metadata:isMetadata']));
});

test('fields that nobody may write are refused', () => {
  expect(
    broken({ role: 'admin', status: 'active', email_verified: true, password_hash: 'x' }).sort(),
  ).toEqual([
    'email_verified:whitelistValidation',
    'password_hash:whitelistValidation',
    'role:whitelistValidation',
    'status:whitelistValidation',
  ]);
});

describe('text that is far too long', () => {
  test('is refused without being composed, which takes the square of the marks on a letter', () => {
    const text = `a${'\u0300\u0316'.repeat(5_000)}`;
    const normalize = jest.spyOn(String.prototype, 'normalize');
    const rules = broken({ name: text, email: `${text}@example.com` });
    const composed = normalize.mock.contexts.map((given) => String(given).length);
    normalize.mockRestore();
    expect(rules).toEqual(['name:isDisplayName', 'email:isEmail']);
    expect(Math.max(0, ...composed)).toBeLessThanOrEqual(2_048);
  });
});
