import { checkPriority, checkTags, checkTime, checkUniqueKey } from './enqueue-rules.js';

const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;

describe('What may be asked of a job', () => {
  it.each([0, -1, 'urgent', '', null, 'toString', 10])('is not the priority %j', (priority) => {
    expect(() => checkPriority(priority)).toThrow('The priority must be one of low, normal, high, critical.');
  });

  it('is one of four priorities', () => {
    expect(['low', 'normal', 'high', 'critical'].map(checkPriority)).toEqual([
      'low',
      'normal',
      'high',
      'critical',
    ]);
  });

  it.each([
    [{ delayMs: -1 }],
    [{ delayMs: Number.NaN }],
    [{ delayMs: 367 * DAY }],
    [{ at: new Date(NOW - 1) }],
    [{ at: new Date(NOW + 367 * DAY) }],
    [{ at: new Date(Number.NaN) }],
  ])('is not a time in the past or beyond a year (%#)', (when) => {
    expect(() => checkTime(when, NOW)).toThrow('A job is scheduled between now and a year from now.');
  });

  it('is a delay or a time, not both', () => {
    expect(checkTime({ delayMs: 1_500 }, NOW)).toEqual(new Date(NOW + 1_500));
    expect(checkTime({ at: new Date(NOW + DAY) }, NOW)).toEqual(new Date(NOW + DAY));
    expect(checkTime({ delayMs: 0 }, NOW)).toBeUndefined();
    expect(checkTime({}, NOW)).toBeUndefined();
    expect(() => checkTime({ delayMs: 1, at: new Date(NOW) }, NOW)).toThrow(
      'Give either a delay or a time, not both.',
    );
  });

  it('is a handful of short tags', () => {
    expect(checkTags(['a', 'b', 'a'])).toEqual(['a', 'b']);
    for (const tags of [
      [''],
      ['x'.repeat(65)],
      ['a\0'],
      ['\ud800'],
      [5],
      Array.from({ length: 21 }, (_, n) => `t${n}`),
    ]) {
      expect(() => checkTags(tags)).toThrow('A job has at most 20 tags of 1 to 64 characters each.');
    }
  });

  it('is a unique key without a colon', () => {
    expect(checkUniqueKey(undefined)).toBeUndefined();
    expect(checkUniqueKey('user 5')).toBe('user 5');
    for (const key of ['', 'a:b', 'x'.repeat(129), '\ud800']) expect(() => checkUniqueKey(key)).toThrow();
  });
});
