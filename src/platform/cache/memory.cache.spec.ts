import { createRegistry } from '../observability/index.js';
import { CacheMetrics } from './cache-metrics.js';
import type { CacheAnswer, CacheLease } from './cache.js';
import { MemoryCache } from './memory.cache.js';

const metrics = { count: () => undefined };
const leaseOf = (answer: CacheAnswer): CacheLease => (answer as { lease: CacheLease }).lease;

describe('the cache in memory', () => {
  it('holds no more than it may, in number and in bytes', async () => {
    const cache = new MemoryCache(metrics, { maxCopies: 3, maxBytes: 100 });
    const store = async (key: string, value: string): Promise<boolean> =>
      cache.store(leaseOf(await cache.find({ key, tags: [] })), value, 1_000);
    for (const key of ['a', 'b', 'c', 'd']) await store(key, 'x');
    expect(cache.size).toBe(3);
    await store('e', 'x'.repeat(96));
    expect(cache.size).toBe(1);
  });

  it('forgets a copy to the millisecond, counted from the look-up', async () => {
    let now = 0;
    const cache = new MemoryCache(metrics, { now: () => now });
    const entry = { key: 'a', tags: [] };
    const lease = leaseOf(await cache.find(entry));
    now = 40;
    await cache.store(lease, 1, 100);
    now = 99;
    expect((await cache.find(entry)).result).toBe('hit');
    now = 100;
    expect((await cache.find(entry)).result).toBe('miss');
  });

  it('gives no copy whose invalidation it may have forgotten', async () => {
    const cache = new MemoryCache(metrics, { maxMarks: 2 });
    const entry = { key: 'a', tags: ['user:1'] };
    await cache.store(leaseOf(await cache.find(entry)), 'old', 1_000);
    await cache.invalidate(['user:1']);
    for (const other of ['user:2', 'user:3', 'user:4']) await cache.invalidate([other]);
    expect((await cache.find(entry)).result).toBe('miss');
  });
});

describe('the metric', () => {
  it('counts by result, from zero', async () => {
    const registry = createRegistry();
    const counted = new CacheMetrics(registry);
    counted.count('hit');
    counted.count('hit');
    counted.count('error');
    const text = await registry.getSingleMetricAsString('arcana_cache_requests_total');
    expect(text.split('\n').slice(2).sort()).toEqual([
      'arcana_cache_requests_total{result="error"} 1',
      'arcana_cache_requests_total{result="hit"} 2',
      'arcana_cache_requests_total{result="miss"} 0',
    ]);
  });
});
