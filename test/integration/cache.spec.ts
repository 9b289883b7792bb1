import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Cache, CacheAnswer, CacheLease } from '../../src/platform/cache/index.js';
import { MemoryCache } from '../../src/platform/cache/memory.cache.js';
import { RedisCache } from '../../src/platform/cache/redis.cache.js';
import { openRedis, type RedisClients } from '../../src/platform/redis/index.js';
import { eventually } from '../support/eventually.js';
import { claimRedisDatabase, describeWithRedis } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';

// The first suite of a run starts the servers.
jest.setTimeout(60_000);

const counts = { hit: 0, miss: 0, error: 0 };
const metrics = {
  count(result: keyof typeof counts): void {
    counts[result]++;
  },
};
const TTL_MS = 4_000;

/** The lease of a look-up that found nothing. */
function leaseOf(answer: CacheAnswer): CacheLease {
  if (answer.result !== 'miss' || !answer.lease) throw new Error(`No lease: ${JSON.stringify(answer)}`);
  return answer.lease;
}

/** What every adapter of `Cache` does. @param open a cache of its own for every call, seeing the same copies if shared */
function cacheConformance(open: () => Promise<Cache>): void {
  let cache: Cache;
  let key: string;
  let tags: string[];

  beforeEach(async () => {
    cache = await open();
    key = `copy:${randomUUID()}`;
    tags = [`session:${randomUUID()}`, `user:${randomUUID()}`];
  });

  const store = async (value: unknown, ttlMs = TTL_MS): Promise<boolean> =>
    cache.store(leaseOf(await cache.find({ key, tags })), value, ttlMs);

  it('gives what was stored, as it was', async () => {
    const value = { id: 1, list: ['é', null, true], nested: { empty: {} } };
    expect(await store(value)).toBe(true);
    expect(await cache.find({ key, tags })).toEqual({ result: 'hit', value });
  });

  it('keeps a stored null apart from nothing', async () => {
    await store(null);
    expect(await cache.find({ key, tags })).toEqual({ result: 'hit', value: null });
    expect(await cache.find({ key: `${key}:other`, tags })).toMatchObject({ result: 'miss' });
  });

  it('gives everybody a value of their own', async () => {
    await store({ list: [1] });
    const first = (await cache.find({ key, tags })) as { value: { list: number[] } };
    first.value.list.push(2);
    expect(await cache.find({ key, tags })).toEqual({ result: 'hit', value: { list: [1] } });
  });

  it.each([0, 1])('gives no copy of which a tag was invalidated (%i)', async (index) => {
    await store('old');
    expect(await cache.invalidate([tags[index]!])).toBe(true);
    expect((await cache.find({ key, tags })).result).toBe('miss');
  });

  it('leaves copies alone that have other tags', async () => {
    await store('kept');
    await cache.invalidate([`user:${randomUUID()}`]);
    expect((await cache.find({ key, tags })).result).toBe('hit');
  });

  it('stores again at once what was read after an invalidation', async () => {
    await store('old');
    await cache.invalidate(tags);
    expect(await store('new')).toBe(true);
    expect(await cache.find({ key, tags })).toEqual({ result: 'hit', value: 'new' });
  });

  it('stores nothing by a lease from before an invalidation', async () => {
    const lease = leaseOf(await cache.find({ key, tags }));
    await cache.invalidate([tags[1]!]);
    expect(await cache.store(lease, 'old', TTL_MS)).toBe(false);
    expect((await cache.find({ key, tags })).result).toBe('miss');
  });

  it('gives no copy from before an invalidation, however many look and store meanwhile', async () => {
    const others = await Promise.all([open(), open()]);
    let hits = 0;
    for (let round = 0; round < 40; round++) {
      const entry = { key: `copy:${randomUUID()}`, tags: [`user:${randomUUID()}`] };
      let truth = 'old';
      let isCut = false;
      const reader = async (own: Cache): Promise<void> => {
        for (let turn = 0; turn < 15; turn++) {
          const begunAfterCut = isCut;
          const answer = await own.find(entry);
          if (answer.result === 'hit') {
            hits++;
            if (begunAfterCut) expect(answer.value).toBe('new');
          } else if (answer.result === 'miss' && answer.lease) {
            const read = truth;
            await pause(Math.random() * 4);
            await own.store(answer.lease, read, TTL_MS);
          }
        }
      };
      const writer = async (): Promise<void> => {
        await pause(Math.random() * 8);
        truth = 'new';
        isCut = await cache.invalidate(entry.tags);
      };
      // Where copies are not shared, an invalidation holds for one's own.
      const readers = cache.isShared ? [cache, ...others, ...others] : [cache, cache, cache];
      await Promise.all([writer(), ...readers.map(reader)]);
      expect(isCut).toBe(true);
    }
    expect(hits).toBeGreaterThan(0);
  });

  it('forgets a copy when its time is over, counted from the look-up', async () => {
    const lease = leaseOf(await cache.find({ key, tags }));
    await pause(80);
    expect(await cache.store(lease, 'late', 60)).toBe(false);
    await store('short', 150);
    await eventually('the end of the copy', async () =>
      (await cache.find({ key, tags })).result === 'miss' ? true : undefined,
    );
  });

  it('does not store what is larger than 64 KiB', async () => {
    expect(await store('x'.repeat(70_000))).toBe(false);
    expect((await cache.find({ key, tags })).result).toBe('miss');
  });

  it.each(['', 'a key', 'naïve', 'x'.repeat(201)])('refuses the name %p', async (name) => {
    await expect((async () => cache.find({ key: name, tags: [] }))()).rejects.toThrow(RangeError);
    await expect((async () => cache.find({ key: 'copy', tags: [name] }))()).rejects.toThrow(RangeError);
    await expect((async () => cache.invalidate([name]))()).rejects.toThrow(RangeError);
  });

  it('refuses a copy that would outlive the mark of its invalidation', async () => {
    const lease = leaseOf(await cache.find({ key, tags }));
    await expect((async () => cache.store(lease, 1, 5_001))()).rejects.toThrow(RangeError);
    const free = leaseOf(await cache.find({ key, tags: [] }));
    expect(await cache.store(free, 1, 3_600_000)).toBe(true);
  });

  it('says that it can store', async () => {
    await expect(cache.check()).resolves.toBeUndefined();
  });

  it('counts hits and misses', async () => {
    const before = { ...counts };
    await store(1);
    await cache.find({ key, tags });
    expect(counts).toEqual({ ...before, hit: before.hit + 1, miss: before.miss + 1 });
  });
}

describe('Cache in memory', () => {
  cacheConformance(async () => new MemoryCache(metrics));

  it('is not shared', () => {
    expect(new MemoryCache(metrics).isShared).toBe(false);
  });
});

describeWithRedis('Cache on Redis', () => {
  let url: string;
  const opened: RedisClients[] = [];
  let warn: jest.SpiedFunction<Logger['warn']>;
  let log: jest.SpiedFunction<Logger['log']>;

  const connect = async (at: string): Promise<RedisClients> => {
    const clients = openRedis({ url: at, command_timeout_ms: 1_000, ping_interval_ms: 100 })!;
    opened.push(clients);
    expect(await clients.whenReady(clients.producer, 20_000)).toBe(true);
    return clients;
  };
  /** Patient, because this machine may be busy; no quarantine, unless it is what is asked. */
  const open = async (at = url, options = {}): Promise<Cache> => {
    const cache = new RedisCache(await connect(at), metrics, {
      patienceMs: 5_000,
      restMs: 20,
      quarantineMs: 0,
      ...options,
    });
    // The first look-up of all makes the generation by which leases are known.
    await eventually('a lease', async () => {
      const answer = await cache.find({ key: 'first', tags: [] });
      return answer.result === 'miss' && answer.lease ? answer : undefined;
    });
    return cache;
  };

  beforeAll(async () => {
    url = await claimRedisDatabase();
  });
  beforeEach(() => {
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  });
  afterEach(async () => {
    warn.mockRestore();
    log.mockRestore();
    await Promise.all(opened.splice(0).map((clients) => clients.close(1_000)));
  });

  cacheConformance(() => open());

  const entry = () => ({ key: `copy:${randomUUID()}`, tags: [`user:${randomUUID()}`] });
  const keep = async (cache: Cache, named = entry()) => {
    expect(await cache.store(leaseOf(await cache.find(named)), 'kept', TTL_MS)).toBe(true);
    return named;
  };

  it('is shared: every process sees what one stored, and nobody what one invalidated', async () => {
    const [one, other] = [await open(), await open()];
    expect(one.isShared).toBe(true);
    const named = await keep(one);
    expect(await other.find(named)).toEqual({ result: 'hit', value: 'kept' });
    await other.invalidate(named.tags);
    expect((await one.find(named)).result).toBe('miss');
  });

  it('stores nothing by a lease from before the server lost its data', async () => {
    const cache = await open();
    const named = entry();
    const lease = leaseOf(await cache.find(named));
    await cache.invalidate(named.tags);
    await opened.at(-1)!.producer.flushdb();
    await cache.find(named);
    expect(await cache.store(lease, 'old', TTL_MS)).toBe(false);
  });

  it('takes no copy for a while after connecting: the server may have lost marks in between', async () => {
    const settled = await open();
    const named = await keep(settled);
    const newcomer = await open(url, { quarantineMs: 60_000 });
    expect((await newcomer.find(named)).result).toBe('miss');
    expect((await settled.find(named)).result).toBe('hit');
  });

  it('stores nothing by a lease of an earlier connection', async () => {
    const proxy = await TcpProxy.start(url);
    try {
      const cache = await open(proxy.url);
      const lease = leaseOf(await cache.find(entry()));
      const { producer } = opened.at(-1)!;
      const again = new Promise((resolve) => producer.once('ready', resolve));
      proxy.cut();
      proxy.restore();
      await again;
      await eventually('a look-up', async () =>
        (await cache.find(entry())).result === 'miss' ? true : undefined,
      );
      expect(await cache.store(lease, 'old', TTL_MS)).toBe(false);
    } finally {
      await proxy.stop();
    }
  });

  it.each(['cut', 'freeze'] as const)(
    'does not know, does not store and says that it could not invalidate while the server is away (%s), and throws nothing',
    async (fault) => {
      const proxy = await TcpProxy.start(url);
      try {
        const cache = await open(proxy.url, { patienceMs: 150 });
        const named = await keep(cache);
        const lease = leaseOf(await cache.find(entry()));
        proxy[fault]();
        const errors = counts.error;
        expect(await cache.find(named)).toEqual({ result: 'unknown' });
        expect(counts.error).toBe(errors + 1);
        expect(await cache.store(lease, 1, TTL_MS)).toBe(false);
        expect(await cache.invalidate(named.tags)).toBe(false);
        expect(warn.mock.calls.filter(([text]) => String(text).includes('Copies cannot be'))).toHaveLength(3);
        proxy.restore();
        await eventually('the server', async () => ((await cache.invalidate(named.tags)) ? true : undefined));
        expect((await cache.find(named)).result).not.toBe('hit');
      } finally {
        await proxy.stop();
      }
    },
  );

  it.each(['', 'junk', '1:', '1:{', ':1', 'x:{}'])(
    'does not stumble over %j, which it did not store',
    async (text) => {
      const cache = await open();
      const named = entry();
      await opened.at(-1)!.producer.set(`arcana:cache:copy:${named.key}`, text);
      await cache.invalidate(named.tags);
      expect((await cache.find(named)).result).toBe('miss');
    },
  );

  it('shares one round trip among look-ups of one moment', async () => {
    const cache = await open();
    const { producer } = opened.at(-1)!;
    const pipelines = jest.spyOn(producer, 'pipeline');
    const answers = await Promise.all(Array.from({ length: 100 }, () => cache.find(entry())));
    expect(answers.every(({ result }) => result === 'miss')).toBe(true);
    expect(pipelines).toHaveBeenCalledTimes(1);
  });
});
