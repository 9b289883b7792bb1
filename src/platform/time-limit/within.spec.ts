import { jest } from '@jest/globals';
import { within } from './within.js';

const LATE = 'late';

describe('within', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('answers what the work answers, and leaves no timer behind', async () => {
    await expect(within(Promise.resolve(1), 1_000, () => LATE)).resolves.toBe(1);
    await expect(within(Promise.reject(new Error('broken')), 1_000, () => LATE)).rejects.toThrow('broken');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('answers what `late` says when the time is up, be it a value or an error', async () => {
    const never = new Promise<number>(() => undefined);
    const value = within(never, 1_000, () => LATE);
    const error = within(never, 1_000, () => {
      throw new Error('no answer');
    });
    const refused = expect(error).rejects.toThrow('no answer');
    await jest.advanceTimersByTimeAsync(1_000);
    await refused;
    await expect(value).resolves.toBe(LATE);
  });

  it('lets late work fail without anybody hearing of it', async () => {
    const unheard = jest.fn();
    process.on('unhandledRejection', unheard);
    const work = Promise.withResolvers<number>();
    const answer = within(work.promise, 1_000, () => LATE);
    await jest.advanceTimersByTimeAsync(1_000);
    await expect(answer).resolves.toBe(LATE);
    work.reject(new Error('later'));
    jest.useRealTimers();
    // Node reports a rejection that nobody handled before the next turn of its loop.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unheard);
    expect(unheard).not.toHaveBeenCalled();
  });
});
