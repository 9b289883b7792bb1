import { Global, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { HealthRegistry } from '../health/index.js';
import { RedisClients } from '../redis/index.js';
import { CacheMetrics } from './cache-metrics.js';
import { Cache } from './cache.js';
import { MemoryCache } from './memory.cache.js';
import { RedisCache } from './redis.cache.js';

/**
 * Makes `Cache` injectable: in Redis where `RedisModule` has clients, else in this process. A Redis that takes no values
 * makes the process degraded, not unready.
 */
@Global()
@Module({
  providers: [
    {
      provide: Cache,
      inject: [RedisClients, Registry, HealthRegistry],
      useFactory: (redis: RedisClients | null, registry: Registry, health: HealthRegistry): Cache => {
        const metrics = new CacheMetrics(registry);
        if (!redis) return new MemoryCache(metrics);
        const cache = new RedisCache(redis, metrics);
        health.register({ name: 'cache', required: false, check: () => cache.check() });
        return cache;
      },
    },
  ],
  exports: [Cache],
})
export class CacheModule {}
