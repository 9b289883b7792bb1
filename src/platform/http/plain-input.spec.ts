import { type AppError } from '../errors/index.js';
import { assertPlainInput } from './plain-input.js';

function refusal(input: unknown): AppError {
  try {
    assertPlainInput(input);
  } catch (error) {
    return error as AppError;
  }
  throw new Error('accepted');
}

const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

describe('input before a class is built from it', () => {
  it('may be anything that JSON can say', () => {
    expect(() => assertPlainInput({ a: [1, null, 'x', { b: true }], length: 5, then: 1 })).not.toThrow();
    for (const scalar of [undefined, null, 'constructor', 5, Buffer.from('x')]) {
      expect(() => assertPlainInput(scalar)).not.toThrow();
    }
  });

  it('is refused with every reserved name in it, however deep', () => {
    const error = refusal(
      JSON.parse('{"constructor":1,"a":[{"toString":2}],"b":{"__proto__":{}},"prototype":3}'),
    );
    expect(error.code).toBe('VALIDATION_FAILED');
    expect(error.fields.map(({ field, code }) => `${field} ${code}`).sort()).toEqual(
      ['a.0.toString', 'b.__proto__', 'constructor', 'prototype'].map((field) => `${field} RESERVED_NAME`),
    );
  });

  it('is refused in few words, however long its names and however many are reserved', () => {
    const long = 'x'.repeat(100_000);
    const error = refusal({ [long]: Array.from({ length: 10_000 }, () => ({ toString: 1 })) });
    expect(error.fields).toHaveLength(100);
    expect(JSON.stringify(error.fields).length).toBeLessThan(50_000);
  });

  const members = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, n]));

  it('is refused with more members or parts than it takes moments to build a class from', () => {
    // As much as the largest metadata of an account may have, and more.
    expect(() => assertPlainInput({ metadata: members(4_000) })).not.toThrow();
    expect(() =>
      assertPlainInput(Array.from({ length: 100 }, () => ({ payload: members(200) }))),
    ).not.toThrow();
    expect(refusal(members(20_000)).code).toBe('PAYLOAD_TOO_LARGE');
    expect(refusal({ email: members(20_000) }).code).toBe('PAYLOAD_TOO_LARGE');
    expect(refusal(Array.from({ length: 10 }, () => members(2_000))).code).toBe('PAYLOAD_TOO_LARGE');
    expect(refusal({ name: Array.from({ length: 100_000 }, () => []) }).code).toBe('PAYLOAD_TOO_LARGE');
    expect(refusal({ name: Array.from({ length: 500_000 }, () => 1) }).code).toBe('PAYLOAD_TOO_LARGE');
  });

  it('is refused from 65 levels on, and a hundred thousand do no harm', () => {
    expect(() => assertPlainInput(nested(64))).not.toThrow();
    expect(refusal(nested(65)).code).toBe('MALFORMED_REQUEST');
    expect(refusal(nested(100_000)).code).toBe('MALFORMED_REQUEST');
  });
});
