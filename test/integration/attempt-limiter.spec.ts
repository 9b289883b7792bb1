import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { openRedis, type RedisClients } from '../../src/platform/redis/index.js';
import type { AttemptBudget, AttemptLimiter, AttemptOutcome } from '../../src/platform/resilience/index.js';
import { MemoryAttemptLimiter } from '../../src/platform/resilience/memory.attempt-limiter.js';
import { RedisAttemptLimiter } from '../../src/platform/resilience/redis.attempt-limiter.js';
import { claimRedisDatabase, describeWithRedis } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const DAY = 86_400;

interface Limiters {
  /** Limiters that count together, each as a process of its own would have it. */
  open(count: number): Promise<AttemptLimiter[]>;
  close(): Promise<void>;
}

/** One attempt from beginning to end. @returns whether it could be made */
async function attempt(
  limiter: AttemptLimiter,
  budgets: AttemptBudget[],
  outcome: AttemptOutcome,
): Promise<boolean> {
  const decisions = await limiter.hold(budgets);
  if (decisions.some(({ state }) => state !== 'open')) return false;
  await limiter.settle(budgets, outcome);
  return true;
}

/** What every adapter of `AttemptLimiter` does. */
function attemptLimiterConformance({ open, close }: Limiters): void {
  let limiter: AttemptLimiter;
  /** So slow that nothing comes back while a test runs. */
  let slow: AttemptBudget;
  let other: AttemptBudget;

  beforeAll(async () => {
    [limiter] = (await open(1)) as [AttemptLimiter];
  });
  afterAll(close);
  beforeEach(() => {
    slow = { key: randomUUID(), limit: 3, windowSeconds: DAY, isClearedBySuccess: true };
    other = { key: randomUUID(), limit: 5, windowSeconds: DAY };
  });

  const states = async (...budgets: AttemptBudget[]): Promise<string[]> =>
    (await limiter.look(budgets)).map(({ state }) => state);

  it('counts failures alone', async () => {
    for (let n = 0; n < 20; n++) {
      expect(await attempt(limiter, [slow], 'succeeded')).toBe(true);
      expect(await attempt(limiter, [slow], 'void')).toBe(true);
    }
    for (let n = 0; n < 3; n++) expect(await attempt(limiter, [slow], 'failed')).toBe(true);
    expect(await attempt(limiter, [slow], 'succeeded')).toBe(false);
    const [decision] = await limiter.look([slow]);
    expect(decision!.state).toBe('spent');
    // One of three comes back every 28,800 s; a moment has passed since.
    expect(decision!.retryAfterSeconds).toBeGreaterThan(28_000);
    expect(decision!.retryAfterSeconds).toBeLessThanOrEqual(28_800);
  });

  it('counts in all budgets, or where one is not open in none', async () => {
    for (let n = 0; n < 3; n++) await attempt(limiter, [slow, other], 'failed');
    expect(await states(slow, other)).toEqual(['spent', 'open']);
    for (let n = 0; n < 10; n++) expect(await attempt(limiter, [other, slow], 'failed')).toBe(false);
    expect(await attempt(limiter, [other], 'failed')).toBe(true);
    expect(await attempt(limiter, [other], 'failed')).toBe(true);
    expect(await states(other)).toEqual(['spent']);
  });

  it('is made whole by a success where the budget says so, and only there', async () => {
    for (let n = 0; n < 2; n++) await attempt(limiter, [slow, other], 'failed');
    await attempt(limiter, [slow, other], 'succeeded');
    for (let n = 0; n < 3; n++) expect(await attempt(limiter, [slow, other], 'failed')).toBe(true);
    expect(await states(slow, other)).toEqual(['spent', 'spent']);
  });

  it('is busy while attempts under way have all that is left', async () => {
    await attempt(limiter, [slow], 'failed');
    expect((await limiter.hold([slow]))[0]!.state).toBe('open');
    expect((await limiter.hold([slow]))[0]!.state).toBe('open');
    expect(await limiter.hold([slow])).toEqual([{ state: 'busy', retryAfterSeconds: 1 }]);
    await limiter.settle([slow], 'void');
    expect(await states(slow)).toEqual(['open']);
    await limiter.settle([slow], 'succeeded');
    expect(await states(slow)).toEqual(['open']);
  });

  it('makes the budgets of a group whole, and no others', async () => {
    const group = randomUUID();
    const [one, two] = [
      { ...slow, group },
      { ...other, group },
    ];
    const third = { key: randomUUID(), limit: 3, windowSeconds: DAY, group: randomUUID() };
    for (let n = 0; n < 5; n++) await attempt(limiter, [two], 'failed');
    for (let n = 0; n < 3; n++) await attempt(limiter, [one], 'failed');
    for (let n = 0; n < 3; n++) await attempt(limiter, [third], 'failed');
    await setTimeout(5);
    await limiter.forgive(group, DAY);
    expect(await states(one, two, third)).toEqual(['open', 'open', 'spent']);
    await setTimeout(5);
    for (let n = 0; n < 3; n++) expect(await attempt(limiter, [one], 'failed')).toBe(true);
    expect(await states(one, two)).toEqual(['spent', 'open']);
  });

  it('gives back what time gives back', async () => {
    const quick = { key: randomUUID(), limit: 100, windowSeconds: 1 };
    for (let n = 0; n < 300; n++) await attempt(limiter, [quick], 'failed');
    while (!(await attempt(limiter, [quick], 'failed'))) await setTimeout(5);
  });

  it('[6.3.1] of 1,000 attempts at once on several processes makes no more than may fail', async () => {
    const limiters = await open(2);
    const budget = { ...slow, limit: 50 };
    let made = 0;
    const one = async (n: number): Promise<void> => {
      const mine = limiters[n % limiters.length]!;
      for (;;) {
        const [decision] = await mine.hold([budget, other]);
        if (decision!.state === 'spent') return;
        if ((await mine.look([other]))[0]!.state === 'spent') return;
        if (decision!.state === 'busy') {
          await setTimeout(1);
          continue;
        }
        made++;
        await mine.settle([budget, other], 'failed');
      }
    };
    other = { ...other, limit: 60 };
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => one(n)));
    expect(made).toBe(50);
    expect(await limiters[1]!.look([budget])).toEqual([expect.objectContaining({ state: 'spent' })]);
  });
}

describe('AttemptLimiter in memory', () => {
  const limiter = new MemoryAttemptLimiter();
  attemptLimiterConformance({
    open: async (count) => Array.from({ length: count }, () => limiter),
    close: async () => undefined,
  });
});

describeWithRedis('AttemptLimiter on Redis', () => {
  let url: string;
  const opened: RedisClients[] = [];

  const openAt = async (at: string): Promise<AttemptLimiter> => {
    const clients = openRedis({ url: at, command_timeout_ms: 1_000, ping_interval_ms: 100 })!;
    opened.push(clients);
    expect(await clients.whenReady(clients.producer, 20_000)).toBe(true);
    return new RedisAttemptLimiter(clients, { patienceMs: 5_000, restMs: 50 });
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.splice(0).map((clients) => clients.close(1_000)));
  };

  beforeAll(async () => {
    url = await claimRedisDatabase();
  });

  attemptLimiterConformance({
    open: async (count) => Promise.all(Array.from({ length: count }, () => openAt(url))),
    close,
  });

  it('leaves nothing in Redis that does not expire', async () => {
    const limiter = await openAt(url);
    const { producer } = opened.at(-1)!;
    const before = new Set(await producer.keys('*'));
    const budget = { key: randomUUID(), limit: 3, windowSeconds: 100, group: randomUUID() };
    await attempt(limiter, [budget], 'failed');
    await limiter.hold([budget]);
    await limiter.forgive(budget.group, 100);
    const made = (await producer.keys('*')).filter((key) => !before.has(key));
    expect(made).toHaveLength(2);
    for (const key of made) expect(await producer.pttl(key)).toBeGreaterThan(0);
    await close();
  });

  describe('when Redis is away', () => {
    let proxy: TcpProxy;
    let warn: jest.SpiedFunction<Logger['warn']>;
    let log: jest.SpiedFunction<Logger['log']>;
    let limiter: AttemptLimiter;

    beforeEach(async () => {
      proxy = await TcpProxy.start(url);
      limiter = await openAt(proxy.url);
      warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    });
    afterEach(async () => {
      warn.mockRestore();
      log.mockRestore();
      await close();
      await proxy.stop();
    });

    it.each(['cut', 'freeze'] as const)(
      'counts in the process (%s): neither open nor closed, and in Redis again when it is back',
      async (fault) => {
        const budget = { key: randomUUID(), limit: 10, windowSeconds: DAY };
        proxy[fault]();
        const outcomes = [];
        for (let n = 0; n < 30; n++) outcomes.push(await attempt(limiter, [budget], 'failed'));
        expect(outcomes.filter(Boolean)).toHaveLength(10);
        proxy.restore();
        // The process has counted ten, Redis none.
        while (!(await attempt(limiter, [budget], 'failed'))) await setTimeout(20);
        const said = (spy: { mock: { calls: unknown[][] } }) => spy.mock.calls.map(([text]) => String(text));
        expect(said(warn).filter((text) => text.includes('Failed attempts are counted'))).toHaveLength(1);
        expect(
          said(log).filter((text) => text.includes('Failed attempts are counted in Redis')),
        ).toHaveLength(1);
      },
    );
  });
});
