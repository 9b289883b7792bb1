import { describe, expect, test } from '@jest/globals';
import type { PasswordPolicy } from '../platform/config/index.js';
import { AppError } from '../platform/errors/index.js';
import { checkPassword, normalizePassword } from './password-policy.js';

const OWNER = { name: 'Ada King-Noel', email: 'countess@example.com' };

function broken(password: string, policy: PasswordPolicy = 'classic', owner = OWNER): string[] {
  try {
    checkPassword(password, policy, owner, 'new_password');
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    const { code, fields } = error as AppError;
    expect(code).toBe('VALIDATION_FAILED');
    expect(fields.every(({ field }) => field === 'new_password')).toBe(true);
    return fields.map((field) => field.code);
  }
}

describe('the classic policy', () => {
  test('takes 8 characters with upper case, lower case and digit', () =>
    expect(broken('xK7mQ2vL')).toEqual([]));

  test('tells every broken rule at once', () => {
    expect(broken('')).toEqual([
      'PASSWORD_TOO_SHORT',
      'PASSWORD_NEEDS_UPPER_CASE',
      'PASSWORD_NEEDS_LOWER_CASE',
      'PASSWORD_NEEDS_DIGIT',
      'PASSWORD_TOO_COMMON',
    ]);
  });

  test.each([
    ['xK7mQ2v', 'PASSWORD_TOO_SHORT'],
    ['xk7mq2vl', 'PASSWORD_NEEDS_UPPER_CASE'],
    ['XK7MQ2VL', 'PASSWORD_NEEDS_LOWER_CASE'],
    ['xKqmQzvL', 'PASSWORD_NEEDS_DIGIT'],
    ['Password1', 'PASSWORD_TOO_COMMON'],
  ])('refuses %s with %s', (password, code) => expect(broken(password)).toEqual([code]));

  test('knows the cases and digits of other scripts', () => expect(broken('Ёлки-Палки-٣')).toEqual([]));
});

describe('the nist policy', () => {
  test('asks for 15 characters and for nothing in them', () => {
    expect(broken('violets and rain', 'nist')).toEqual([]);
    expect(broken('violetsandrain', 'nist')).toEqual(['PASSWORD_TOO_SHORT']);
  });

  test('refuses common ones too', () =>
    expect(broken('passwordpassword', 'nist')).toEqual(['PASSWORD_TOO_COMMON']));
});

describe('the owner', () => {
  test.each([
    ['the local part of the address', 'My-Countess-77'],
    ['a word of the name', 'tree-NOEL-Xy9'],
    ['the whole name', 'Ada King-Noel 9'],
  ])('may not have %s in the password', (_, password) => {
    expect(broken(password)).toEqual(['PASSWORD_CONTAINS_IDENTITY']);
  });

  test('may have a short part of the name in it, for chance puts it there', () => {
    expect(broken('Canada-Maple-7')).toEqual([]);
  });

  test('is recognised in other forms of the same characters', () => {
    expect(broken('ＣＯＵＮＴＥＳＳ-x7a')).toEqual(['PASSWORD_CONTAINS_IDENTITY']);
  });
});

describe('length', () => {
  test('is counted in characters after normalising, up to 128', () => {
    const long = `Aa1${'xK7mQ2vL-'.repeat(14)}`.slice(0, 128);
    expect(broken(long)).toEqual([]);
    expect(broken(`${long}z`)).toEqual(['PASSWORD_TOO_LONG']);
    expect(broken(`Aa1 ${'🦊🐻'.repeat(62)}`)).toEqual([]);
  });

  test('over 1,024 bytes is refused before normalising', () => {
    expect(broken('\uFDFA'.repeat(400))).toEqual(['PASSWORD_TOO_LONG']);
  });

  test('counts what a character becomes, not what it was', () => {
    // One character that NFKC makes 18 of.
    expect(broken(`Aa1${'\uFDFA'.repeat(8)}`)).toEqual(['PASSWORD_TOO_LONG']);
  });
});

test('one password typed on two systems is one password', () => {
  expect(normalizePassword('Ame\u0301lie')).toBe(normalizePassword('Am\u00e9lie'));
});
