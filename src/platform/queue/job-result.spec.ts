import { storableResult } from './job-result.js';

describe('The result of a job', () => {
  it('is plain JSON, or nothing', () => {
    expect(storableResult('a.b', { at: new Date(0), left: undefined })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
    });
    expect(storableResult('a.b', undefined)).toBeNull();
    expect(storableResult('a.b', null)).toBeNull();
  });

  it.each([
    [5, 'The result of a.b must be an object or nothing, not a number.'],
    [[1], 'The result of a.b must be an object or nothing, not a list.'],
    [{ text: '\0' }, 'The result of a.b holds a NUL or half a character, which cannot be stored.'],
    [{ text: 'x'.repeat(262_144) }, 'The result of a.b is larger than 262144 bytes.'],
  ])('is refused in one sentence (%#)', (result, sentence) => {
    expect(() => storableResult('a.b', result)).toThrow(sentence);
  });

  it('is refused when it holds a BigInt or itself', () => {
    const ring: { self?: object } = {};
    ring.self = ring;
    expect(() => storableResult('a.b', { big: 1n })).toThrow(
      /^The result of a.b cannot be stored as JSON: .*BigInt/,
    );
    expect(() => storableResult('a.b', ring)).toThrow(
      /^The result of a.b cannot be stored as JSON: .*circular/s,
    );
  });
});
