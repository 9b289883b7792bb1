import { Global, Module } from '@nestjs/common';
import { RedisClients } from '../redis/index.js';
import { AttemptLimiter } from './attempt-limiter.js';
import { CircuitBreakers } from './circuit-breakers.js';
import { MemoryAttemptLimiter } from './memory.attempt-limiter.js';
import { MemoryRateLimiter } from './memory.rate-limiter.js';
import { RateLimiter } from './rate-limiter.js';
import { RedisAttemptLimiter } from './redis.attempt-limiter.js';
import { RedisRateLimiter } from './redis.rate-limiter.js';

/**
 * Makes `RateLimiter` and `AttemptLimiter` injectable: counted in Redis where `RedisModule` has clients, else in this process.
 */
@Global()
@Module({
  providers: [
    CircuitBreakers,
    {
      provide: RateLimiter,
      inject: [RedisClients],
      useFactory: (redis: RedisClients | null) =>
        redis ? new RedisRateLimiter(redis) : new MemoryRateLimiter(),
    },
    {
      provide: AttemptLimiter,
      inject: [RedisClients],
      useFactory: (redis: RedisClients | null) =>
        redis ? new RedisAttemptLimiter(redis) : new MemoryAttemptLimiter(),
    },
  ],
  exports: [RateLimiter, AttemptLimiter, CircuitBreakers],
})
export class ResilienceModule {}
