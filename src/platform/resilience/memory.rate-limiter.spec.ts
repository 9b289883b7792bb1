import { MemoryRateLimiter } from './memory.rate-limiter.js';

const POLICY = { name: 'test', limit: 60, windowSeconds: 60, burst: 10 };

/** A limiter whose clock the test moves. */
function limiterAt(maxKeys?: number) {
  const clock = { ms: 0 };
  return { clock, limiter: new MemoryRateLimiter({ maxKeys, now: () => clock.ms }) };
}

describe('MemoryRateLimiter', () => {
  it('refills steadily, up to the burst and no further', () => {
    const { clock, limiter } = limiterAt();
    for (let n = 0; n < 10; n++) limiter.consume('a', POLICY);
    expect(limiter.consume('a', POLICY).allowed).toBe(false);
    clock.ms += 999;
    expect(limiter.consume('a', POLICY).allowed).toBe(false);
    clock.ms += 1;
    expect(limiter.consume('a', POLICY)).toMatchObject({ allowed: true, remaining: 0 });
    clock.ms += 3_600_000;
    expect(limiter.consume('a', POLICY)).toMatchObject({ allowed: true, remaining: 9 });
  });

  it('says when to come back and when everything is as before', () => {
    const { limiter } = limiterAt();
    expect(limiter.consume('a', POLICY, 10)).toEqual({
      allowed: true,
      limit: 60,
      remaining: 0,
      resetSeconds: 10,
      retryAfterSeconds: 0,
    });
    expect(limiter.consume('a', POLICY, 3)).toEqual({
      allowed: false,
      limit: 60,
      remaining: 0,
      resetSeconds: 10,
      retryAfterSeconds: 3,
    });
  });

  it('keeps at most as many buckets as it was told, whatever comes', () => {
    const { limiter } = limiterAt(100);
    let most = 0;
    for (let n = 0; n < 10_000; n++) {
      limiter.consume(`address-${n}`, POLICY);
      most = Math.max(most, limiter.size);
    }
    expect(most).toBeLessThanOrEqual(100);
  });

  it('does not forget a caller who keeps calling while others flood it with new keys', () => {
    const { limiter } = limiterAt(100);
    for (let n = 0; n < 10; n++) limiter.consume('busy', POLICY);
    for (let n = 0; n < 1_000; n++) {
      limiter.consume(`address-${n}`, POLICY);
      expect(limiter.consume('busy', POLICY).allowed).toBe(false);
    }
  });

  it('gives memory back when callers are gone, and forgets full buckets only', () => {
    const { clock, limiter } = limiterAt();
    for (let n = 0; n < 1_000; n++) limiter.consume(`address-${n}`, POLICY, 10);
    clock.ms += 10_001;
    limiter.consume('a', POLICY);
    clock.ms += 10_001;
    limiter.consume('a', POLICY);
    expect(limiter.size).toBe(1);
  });
});
