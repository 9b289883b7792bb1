import { randomBytes } from 'node:crypto';
import { weaknessOf } from './secret-strength.js';

describe('a signing secret', () => {
  it.each(['base64', 'base64url', 'hex'] as const)('of 32 random bytes in %s has no weakness', (encoding) => {
    for (let round = 0; round < 1000; round++) {
      expect(weaknessOf(randomBytes(32).toString(encoding))).toBeUndefined();
    }
  });

  it.each([
    'please-change-me-please-now-32-by',
    'CHANGE_THIS_TO_SOMETHING_ELSE_1234',
    'your-secret-key-at-least-32-bytes-long',
    'my-super-secret-jwt-signing-key-0123',
    'insert-placeholder-8fJ2kq0Zp1mVx7Qd',
    'passwordpassword-9X8y7Z6w5V4u3T2s',
  ])('copied from a document is a placeholder: %s', (secret) => {
    expect(weaknessOf(secret)).toBe('looks like a placeholder');
  });

  it.each([
    'a'.repeat(200),
    'abcd'.repeat(8),
    'W8f-kQ2z'.repeat(4),
    'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
    '98765432109876543210987654321098',
    '0101101001011010110010110100101101',
  ])('that follows a pattern is too easy to guess: %s', (secret) => {
    expect(weaknessOf(secret)).toBe('is too easy to guess');
  });
});
