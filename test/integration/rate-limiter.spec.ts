import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { MemoryRateLimiter } from '../../src/platform/resilience/memory.rate-limiter.js';
import { RedisRateLimiter } from '../../src/platform/resilience/redis.rate-limiter.js';
import type { RateLimiter } from '../../src/platform/resilience/index.js';
import { openRedis, type RedisClients } from '../../src/platform/redis/index.js';
import { claimRedisDatabase, describeWithRedis } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';

// The first suite of a run starts the servers.
jest.setTimeout(60_000);

/** So slow that nothing comes in while a test runs: what is allowed is the burst, to the call. */
const SLOW = { name: 'slow', limit: 10, windowSeconds: 86_400, burst: 10 };
/** Comes in quickly enough to be waited for. */
const QUICK = { name: 'quick', limit: 600, windowSeconds: 60, burst: 2 };

interface Limiters {
  /** Limiters that count together, each as a process of its own would have it. */
  open(count: number): Promise<RateLimiter[]>;
  close(): Promise<void>;
}

/** What every adapter of `RateLimiter` does. */
function rateLimiterConformance({ open, close }: Limiters): void {
  let key: string;
  let limiter: RateLimiter;

  beforeAll(async () => {
    [limiter] = (await open(1)) as [RateLimiter];
  });
  afterAll(close);
  beforeEach(() => {
    key = `caller-${randomUUID()}`;
  });

  it('allows a burst, then says how long to wait', async () => {
    for (let n = 9; n >= 0; n--) {
      expect(await limiter.consume(key, SLOW)).toMatchObject({ allowed: true, limit: 10, remaining: n });
    }
    const refused = await limiter.consume(key, SLOW);
    expect(refused).toMatchObject({ allowed: false, limit: 10, remaining: 0 });
    // One comes in every 8,640 s, ten fill the bucket; a moment has passed since.
    expect(refused.retryAfterSeconds).toBeGreaterThan(8_000);
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(8_640);
    expect(refused.resetSeconds).toBeGreaterThan(80_000);
    expect(refused.resetSeconds).toBeLessThanOrEqual(86_400);
  });

  it('takes nothing for a call that it refuses', async () => {
    expect(await limiter.consume(key, SLOW, 8)).toMatchObject({ allowed: true, remaining: 2 });
    expect(await limiter.consume(key, SLOW, 3)).toMatchObject({ allowed: false, remaining: 2 });
    expect(await limiter.consume(key, SLOW, 2)).toMatchObject({ allowed: true, remaining: 0 });
  });

  it('allows again what has come in since', async () => {
    while ((await limiter.consume(key, QUICK)).allowed);
    while (!(await limiter.consume(key, QUICK)).allowed) await setTimeout(10);
  });

  it('counts callers apart, and policies apart', async () => {
    expect(await limiter.consume(key, SLOW, 10)).toMatchObject({ allowed: true });
    expect(await limiter.consume(`${key}-b`, SLOW)).toMatchObject({ allowed: true });
    expect(await limiter.consume(key, { ...SLOW, name: 'other' })).toMatchObject({ allowed: true });
    expect(await limiter.consume(key, SLOW)).toMatchObject({ allowed: false });
  });

  it('holds as many as the limit where a policy names no burst', async () => {
    const policy = { name: 'plain', limit: 3, windowSeconds: 86_400 };
    expect(await limiter.consume(key, policy, 3)).toMatchObject({ allowed: true, remaining: 0 });
    expect(await limiter.consume(key, policy)).toMatchObject({ allowed: false });
  });

  it.each([0, -1, 11, Number.NaN])('refuses a cost of %p, which no waiting would allow', async (cost) => {
    await expect((async () => limiter.consume(key, SLOW, cost))()).rejects.toThrow(RangeError);
  });

  it('allows exactly the burst to 1,000 calls at once', async () => {
    const limiters = await open(4);
    const policy = { name: 'parallel', limit: 100, windowSeconds: 86_400 };
    const calls = Array.from({ length: 1_000 }, async (_, n) =>
      limiters[n % limiters.length]!.consume(key, policy),
    );
    const decisions = await Promise.all(calls);
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(100);
  });
}

describe('RateLimiter in memory', () => {
  const limiter = new MemoryRateLimiter();
  rateLimiterConformance({ open: async () => [limiter], close: async () => undefined });
});

describeWithRedis('RateLimiter on Redis', () => {
  let url: string;
  const opened: RedisClients[] = [];

  const openAt = async (at: string): Promise<RateLimiter> => {
    const clients = openRedis({ url: at, command_timeout_ms: 1_000, ping_interval_ms: 100 })!;
    opened.push(clients);
    expect(await clients.whenReady(clients.producer, 20_000)).toBe(true);
    return new RedisRateLimiter(clients, { patienceMs: 5_000, restMs: 50 });
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.splice(0).map((clients) => clients.close(1_000)));
  };

  beforeAll(async () => {
    url = await claimRedisDatabase();
  });

  rateLimiterConformance({
    open: async (count) => Promise.all(Array.from({ length: count }, () => openAt(url))),
    close,
  });

  describe('when Redis is away', () => {
    let proxy: TcpProxy;
    let warn: jest.SpiedFunction<Logger['warn']>;
    let log: jest.SpiedFunction<Logger['log']>;
    let limiter: RateLimiter;
    let key: string;

    beforeEach(async () => {
      proxy = await TcpProxy.start(url);
      limiter = await openAt(proxy.url);
      key = `caller-${randomUUID()}`;
      warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    });
    afterEach(async () => {
      warn.mockRestore();
      log.mockRestore();
      await close();
      await proxy.stop();
    });

    const saying = (spy: { mock: { calls: unknown[][] } }, text: string) =>
      spy.mock.calls.filter(([message]) => String(message).includes(text));

    it.each(['cut', 'freeze'] as const)(
      'counts in the process (%s): neither open nor closed',
      async (fault) => {
        proxy[fault]();
        const decisions = await Promise.all(
          Array.from({ length: 50 }, async () => limiter.consume(key, SLOW)),
        );
        expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(10);
        expect(await limiter.consume(key, SLOW)).toMatchObject({ allowed: false });
        expect(saying(warn, 'counted by this process alone')).toHaveLength(1);
      },
    );

    it('counts in Redis again when it is back, and says so once', async () => {
      proxy.cut();
      await limiter.consume(key, SLOW, 10);
      await limiter.consume(key, SLOW, 10);
      proxy.restore();
      // The process has counted ten, Redis none.
      while (!(await limiter.consume(key, SLOW)).allowed) await setTimeout(20);
      expect(await limiter.consume(key, SLOW)).toMatchObject({ allowed: true, remaining: 8 });
      expect(saying(warn, 'counted by this process alone')).toHaveLength(1);
      expect(saying(log, 'counted in Redis again')).toHaveLength(1);
    });
  });
});
