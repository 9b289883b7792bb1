import { describe, expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig, type SignInThrottleSettings } from '../platform/config/index.js';
import { RequestContext } from '../platform/context/index.js';
import { MemoryAttemptLimiter } from '../platform/resilience/index.js';
import type { KnownAddressRepository } from './known-address.repository.js';
import { SignInThrottle } from './sign-in-throttle.js';

const ADA = 'ada@example.com';
const ADA_ID = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const HOME = '192.0.2.1';

const from = <T>(ip: string | undefined, work: () => Promise<T>): Promise<T> =>
  RequestContext.run(new RequestContext({ requestId: 'r', protocol: 'http', ip }), work);

/** A throttle with 3 failures per account and address, 6 per address, 9 per account, and what it knows. */
function throttleWith(
  settings: Partial<SignInThrottleSettings> = {},
  known: [string, string, number?][] = [],
) {
  const config = new ArcanaConfig();
  Object.assign(config.security.sign_in_throttle, {
    failures_per_account_and_address: 3,
    failures_per_address: 6,
    failures_per_account: 9,
    window_secs: 86_400,
    ...settings,
  });
  const repository = strictMock<KnownAddressRepository>('KnownAddressRepository', {
    find: async (email, address) => {
      const found = known.find(([whose, where]) => whose === email && where === address);
      return found ? { seen_secs_ago: found[2] ?? 0 } : null;
    },
    remember: async (_userId, address) => void known.push([ADA, address]),
  });
  const throttle = new SignInThrottle(new MemoryAttemptLimiter(), repository, config);
  const attempt = (email: string, ip: string | undefined, isRight = false): Promise<string> =>
    from(ip, async () => {
      try {
        const admitted = await throttle.admit(email);
        await admitted.begin();
        await (isRight ? admitted.succeeded(ADA_ID) : admitted.failed());
        return isRight ? 'in' : 'wrong';
      } catch (error) {
        return (error as { code: string }).code;
      }
    });
  const fail = async (email: string, ip: string | undefined, times: number): Promise<string[]> => {
    const results = [];
    for (let n = 0; n < times; n++) results.push(await attempt(email, ip));
    return results;
  };
  return { throttle, repository, attempt, fail };
}

const REFUSED = 'TOO_MANY_REQUESTS';

describe('[6.1.1, 6.3.1] failed sign-ins', () => {
  test('are forgotten when the owner set a password by mail, who then gets in from there whatever strangers do', async () => {
    const { throttle, fail, attempt } = throttleWith();
    await fail(ADA, HOME, 3);
    for (let n = 0; n < 4; n++) await fail(ADA, `198.51.100.${n}`, 3);
    expect(await attempt(ADA, HOME, true)).toBe(REFUSED);
    await from(HOME, () => throttle.welcome(ADA_ID, ADA));
    expect(await attempt(ADA, HOME, true)).toBe('in');
    for (let n = 0; n < 4; n++) await fail(ADA, `203.0.113.${n}`, 3);
    expect(await attempt(ADA, '203.0.113.99', true)).toBe(REFUSED);
    expect(await attempt(ADA, HOME, true)).toBe('in');
  });

  test('of one account from one address are limited', async () => {
    const { fail, attempt } = throttleWith();
    expect(await fail(ADA, HOME, 5)).toEqual(['wrong', 'wrong', 'wrong', REFUSED, REFUSED]);
    expect(await attempt(ADA, HOME, true)).toBe(REFUSED);
    expect(await attempt('Ada@EXAMPLE.com', HOME)).toBe(REFUSED);
    expect(await attempt('bob@example.com', HOME)).toBe('wrong');
    expect(await attempt(ADA, '192.0.2.2')).toBe('wrong');
  });

  test('are counted for a whole IPv6 /64', async () => {
    const { fail, attempt } = throttleWith();
    for (const tail of ['1', '2', 'ffff:1']) await fail(ADA, `2001:db8:1:2::${tail}`, 1);
    expect(await attempt(ADA, '2001:db8:1:2::9')).toBe(REFUSED);
    expect(await attempt(ADA, '2001:db8:1:3::9')).toBe('wrong');
  });

  test('of many accounts from one address are limited, also for one who has an account of his own', async () => {
    const { fail, attempt } = throttleWith();
    for (let n = 0; n < 6; n++) {
      expect(await fail(`user${n}@example.com`, HOME, 1)).toEqual(['wrong']);
      if (n === 2) expect(await attempt('eve@example.com', HOME, true)).toBe('in');
    }
    expect(await attempt('user7@example.com', HOME)).toBe(REFUSED);
    expect(await attempt('user7@example.com', '192.0.2.2')).toBe('wrong');
  });

  test('of one account from many addresses are limited', async () => {
    const { fail, attempt } = throttleWith();
    for (let n = 0; n < 9; n++) expect(await fail(ADA, `198.51.100.${n}`, 1)).toEqual(['wrong']);
    expect(await attempt(ADA, '203.0.113.1')).toBe(REFUSED);
    expect(await attempt('bob@example.com', '203.0.113.1')).toBe('wrong');
  });

  test('of strangers never keep an owner out of where they signed in before', async () => {
    const { fail, attempt } = throttleWith({}, [[ADA, HOME]]);
    for (let n = 0; n < 50; n++) await fail(ADA, `198.51.100.${n}`, 5);
    for (let n = 0; n < 50; n++) await fail(`user${n}@example.com`, HOME, 1);
    expect(await attempt(ADA, '203.0.113.1', true)).toBe(REFUSED);
    expect(await attempt('new@example.com', HOME)).toBe(REFUSED);
    expect(await fail(ADA, HOME, 2)).toEqual(['wrong', 'wrong']);
    expect(await attempt(ADA, HOME, true)).toBe('in');
    expect(await fail(ADA, HOME, 4)).toEqual(['wrong', 'wrong', 'wrong', REFUSED]);
  });

  test('of an owner are no reason to refuse strangers', async () => {
    const { fail, attempt } = throttleWith({ failures_per_account: 3 }, [[ADA, HOME]]);
    await fail(ADA, HOME, 5);
    expect(await attempt(ADA, '203.0.113.1')).toBe('wrong');
  });

  test('are forgotten by a success where it happened, and that place is known from then on', async () => {
    const { fail, attempt, repository } = throttleWith();
    await fail(ADA, HOME, 2);
    await fail(ADA, '192.0.2.2', 3);
    expect(await attempt(ADA, HOME, true)).toBe('in');
    expect(repository.remember.mock.calls).toEqual([[ADA_ID, HOME, 90]]);
    expect(await fail(ADA, HOME, 4)).toEqual(['wrong', 'wrong', 'wrong', REFUSED]);
    expect(await attempt(ADA, '192.0.2.2')).toBe(REFUSED);
  });

  test('are answered alike whether or not there is such an account', async () => {
    const { throttle, fail } = throttleWith();
    const refusals = [];
    for (const [email, ip] of [
      [ADA, '192.0.2.1'],
      ['nobody@example.com', '192.0.2.2'],
    ] as const) {
      await fail(email, ip, 3);
      const [refusal] = await Promise.allSettled([from(ip, () => throttle.admit(email))]);
      const { code, message, rateLimit, retryAfterSeconds } = (refusal as PromiseRejectedResult).reason;
      expect(retryAfterSeconds).toBeGreaterThan(28_000);
      refusals.push({ code, message, rateLimit });
    }
    expect(refusals[0]).toEqual({
      code: REFUSED,
      message: 'Too many failed sign-ins; try again later.',
      rateLimit: { policy: 'sign-in', limit: 3, window_seconds: 86_400 },
    });
    expect(refusals[1]).toEqual(refusals[0]);
  });

  test('that are forgiven no longer count, from wherever they came', async () => {
    const { throttle, fail, attempt } = throttleWith();
    for (const n of [1, 2, 3, 4]) await fail(ADA, `198.51.100.${n}`, 3);
    expect(await attempt(ADA, '203.0.113.1')).toBe(REFUSED);
    await throttle.forgive('ADA@example.com');
    expect(await attempt(ADA, '203.0.113.1')).toBe('wrong');
    expect(await attempt(ADA, '198.51.100.1')).toBe('wrong');
  });

  test('are not counted when the throttle is off', async () => {
    const { fail } = throttleWith({ enabled: false });
    expect(new Set(await fail(ADA, HOME, 200))).toEqual(new Set(['wrong']));
  });

  test('of callers without an address share one', async () => {
    const { fail } = throttleWith();
    expect((await fail(ADA, undefined, 4)).at(-1)).toBe(REFUSED);
  });
});

describe('an attempt', () => {
  test('notes a known address anew once a day', async () => {
    const { attempt, repository } = throttleWith({}, [
      [ADA, HOME, 86_399],
      [ADA, '192.0.2.2', 86_400],
    ]);
    await attempt(ADA, HOME, true);
    await attempt(ADA, '192.0.2.2', true);
    expect(repository.remember.mock.calls).toEqual([[ADA_ID, '192.0.2.2', 90]]);
  });

  test('is told to come back soon while others are under way that may fail, and counts nothing that came to nothing', async () => {
    const { throttle } = throttleWith();
    const attempts = await Promise.all(
      Array.from({ length: 4 }, () => from(HOME, () => throttle.admit(ADA))),
    );
    for (const attempt of attempts.slice(0, 3)) await attempt.begin();
    await expect(attempts[3]!.begin()).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      retryAfterSeconds: 1,
    });
    for (const attempt of attempts) await attempt.dropped();
    for (const attempt of await Promise.all([1, 2, 3].map(() => from(HOME, () => throttle.admit(ADA))))) {
      await attempt.begin();
      await attempt.failed();
      await attempt.failed();
    }
    await expect(from(HOME, () => throttle.admit(ADA))).rejects.toMatchObject({ code: REFUSED });
  });

  test('that waited for its turn is refused when the others have failed meanwhile', async () => {
    const { throttle, fail } = throttleWith();
    const late = await from(HOME, () => throttle.admit(ADA));
    await fail(ADA, HOME, 3);
    await expect(late.begin()).rejects.toMatchObject({ code: REFUSED });
  });
});
