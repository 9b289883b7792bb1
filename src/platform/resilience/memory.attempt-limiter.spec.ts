import { MemoryAttemptLimiter } from './memory.attempt-limiter.js';

const BUDGET = { key: 'a', limit: 10, windowSeconds: 100 };

/** A limiter whose clock the test moves. */
function limiterAt(maxKeys?: number) {
  const clock = { ms: 0 };
  const limiter = new MemoryAttemptLimiter({ maxKeys, now: () => clock.ms });
  const fail = (budget = BUDGET): boolean => {
    const [decision] = limiter.hold([budget]);
    limiter.settle([budget], 'failed');
    return decision!.state === 'open';
  };
  return { clock, limiter, fail };
}

describe('MemoryAttemptLimiter', () => {
  it('gives failures back steadily, up to the limit and no further', () => {
    const { clock, limiter, fail } = limiterAt();
    for (let n = 0; n < 10; n++) expect(fail()).toBe(true);
    expect(limiter.look([BUDGET])).toEqual([{ state: 'spent', retryAfterSeconds: 10 }]);
    clock.ms += 9_999;
    expect(limiter.look([BUDGET])).toEqual([{ state: 'spent', retryAfterSeconds: 1 }]);
    clock.ms += 1;
    expect(fail()).toBe(true);
    expect(limiter.look([BUDGET])).toEqual([{ state: 'spent', retryAfterSeconds: 10 }]);
    clock.ms += 3_600_000;
    for (let n = 0; n < 10; n++) expect(fail()).toBe(true);
    expect(limiter.look([BUDGET])[0]!.state).toBe('spent');
  });

  it('forgets attempts that nobody settled after a minute', () => {
    const { clock, limiter } = limiterAt();
    for (let n = 0; n < 10; n++) limiter.hold([BUDGET]);
    expect(limiter.look([BUDGET])).toEqual([{ state: 'busy', retryAfterSeconds: 1 }]);
    clock.ms += 60_001;
    expect(limiter.look([BUDGET])[0]!.state).toBe('open');
  });

  it('keeps nothing of attempts that succeeded, nor of questions', () => {
    const { limiter } = limiterAt();
    for (let n = 0; n < 1_000; n++) {
      const budget = { ...BUDGET, key: `key-${n}` };
      limiter.look([budget]);
      limiter.hold([budget]);
      limiter.settle([budget], 'succeeded');
    }
    expect(limiter.size).toBe(0);
  });

  it('keeps at most as many counters as it was told, and those that were used last', () => {
    const { limiter, fail } = limiterAt(100);
    for (let n = 0; n < 10; n++) fail();
    for (let n = 0; n < 5_000; n++) {
      fail({ ...BUDGET, key: `key-${n}` });
      if (n % 50 === 0) limiter.settle([BUDGET], 'void');
      expect(limiter.look([BUDGET])[0]!.state).toBe('spent');
    }
    expect(limiter.size).toBe(100);
  });
});
