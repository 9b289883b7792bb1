import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Registry } from 'prom-client';
import { openRedis, RedisModule } from '../redis/index.js';
import { AttemptLimiter, RateLimiter, ResilienceModule } from './index.js';
import { MemoryAttemptLimiter } from './memory.attempt-limiter.js';
import { MemoryRateLimiter } from './memory.rate-limiter.js';
import { RedisAttemptLimiter } from './redis.attempt-limiter.js';
import { RedisRateLimiter } from './redis.rate-limiter.js';

@Global()
@Module({ providers: [{ provide: Registry, useFactory: () => new Registry() }], exports: [Registry] })
class Metrics {}

describe('ResilienceModule', () => {
  it.each([
    ['in memory where no Redis is configured', null, MemoryRateLimiter, MemoryAttemptLimiter],
    // Nothing connects before a call is counted.
    [
      'in Redis where one is',
      openRedis({ url: 'redis://127.0.0.1:1', command_timeout_ms: 1 }),
      RedisRateLimiter,
      RedisAttemptLimiter,
    ],
  ])('counts %s', async (_, redis, limiter, attempts) => {
    const module = await Test.createTestingModule({
      imports: [Metrics, RedisModule.forRoot(redis), ResilienceModule],
    }).compile();
    expect(module.get(RateLimiter)).toBeInstanceOf(limiter);
    expect(module.get(AttemptLimiter)).toBeInstanceOf(attempts);
  });
});
