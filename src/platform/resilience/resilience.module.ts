import { Global, Module } from '@nestjs/common';
import { RedisClients } from '../redis/index.js';
import { MemoryRateLimiter } from './memory.rate-limiter.js';
import { RateLimiter } from './rate-limiter.js';
import { RedisRateLimiter } from './redis.rate-limiter.js';

/**
 * Makes `RateLimiter` injectable: counted in Redis where `RedisModule` has clients, else in this process.
 */
@Global()
@Module({
  providers: [
    {
      provide: RateLimiter,
      inject: [RedisClients],
      useFactory: (redis: RedisClients | null) =>
        redis ? new RedisRateLimiter(redis) : new MemoryRateLimiter(),
    },
  ],
  exports: [RateLimiter],
})
export class ResilienceModule {}
