import { describe, expect, test } from '@jest/globals';
import { isOpaqueToken, newOpaqueToken } from '../users/index.js';
import { newSuccessorSeed, successorOf } from './token-successor.js';

describe('the successor of a refresh token', () => {
  const { token } = newOpaqueToken();
  const seed = newSuccessorSeed();

  test('is the same whoever makes it from the same token and seed, and is a token itself', () => {
    expect(successorOf(token, seed)).toBe(successorOf(token, seed));
    expect(isOpaqueToken(successorOf(token, seed))).toBe(true);
  });

  test('is another one for another token and for another seed', () => {
    const successors = [
      successorOf(token, seed),
      successorOf(newOpaqueToken().token, seed),
      successorOf(token, newSuccessorSeed()),
      token,
    ];
    expect(new Set(successors).size).toBe(4);
  });

  test('is made of 256 random bits', () => {
    expect(seed).toMatch(/^[0-9a-f]{64}$/);
    expect(newSuccessorSeed()).not.toBe(seed);
  });
});
