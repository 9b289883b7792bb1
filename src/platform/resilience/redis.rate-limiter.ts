import { Logger } from '@nestjs/common';
import { RedisScript, type RedisClients } from '../redis/index.js';
import { MemoryRateLimiter } from './memory.rate-limiter.js';
import {
  assertAffordable,
  capacityOf,
  decisionOf,
  RateLimiter,
  type RateLimitDecision,
  type RateLimitPolicy,
} from './rate-limiter.js';

// The server's clock, so that processes whose clocks differ count alike. A bucket is forgotten when it would be full.
const CONSUME = new RedisScript(`
  local capacity, perMs, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
  local tokens = tonumber(bucket[1]) or capacity
  local at = tonumber(bucket[2]) or now
  tokens = math.min(capacity, tokens + math.max(0, now - at) * perMs)
  local allowed = 0
  if tokens >= cost then
    allowed = 1
    tokens = tokens - cost
  end
  local text = string.format('%.9f', tokens)
  redis.call('HSET', KEYS[1], 'tokens', text, 'at', string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], math.max(1, math.ceil((capacity - tokens) / perMs)))
  return {allowed, text}`);

/**
 * Token buckets in Redis, counted by one script: exact over any number of processes. While Redis is away or slow, this
 * process counts for itself: callers are neither let through unlimited nor refused.
 */
export class RedisRateLimiter extends RateLimiter {
  readonly #logger = new Logger('RateLimiter');
  readonly #local = new MemoryRateLimiter();
  #restUntil = 0;
  #isLocal = false;

  readonly #patienceMs: number;
  readonly #restMs: number;

  /**
   * @param options.patienceMs a decision costs a request at most this: later than that, the local count decides
   * @param options.restMs how long the server is left alone after a failure
   */
  constructor(
    private readonly clients: RedisClients,
    { patienceMs = 250, restMs = 1_000 } = {},
  ) {
    super();
    this.#patienceMs = patienceMs;
    this.#restMs = restMs;
  }

  consume(key: string, policy: RateLimitPolicy, cost = 1): RateLimitDecision | Promise<RateLimitDecision> {
    assertAffordable(policy, cost);
    if (performance.now() < this.#restUntil) return this.#local.consume(key, policy, cost);
    const client = this.clients.producer;
    if (client.status !== 'ready')
      return this.#fallBack(`Redis is not connected (${client.status})`, key, policy, cost);
    return this.#consumeShared(key, policy, cost);
  }

  async #consumeShared(key: string, policy: RateLimitPolicy, cost: number): Promise<RateLimitDecision> {
    const capacity = capacityOf(policy);
    const perMs = policy.limit / (policy.windowSeconds * 1000);
    const patience = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => patience.reject(new Error(`no answer in ${this.#patienceMs} ms`)),
      this.#patienceMs,
    );
    try {
      const answer = CONSUME.run(
        this.clients.producer,
        [`arcana:rate:${policy.name}:${key}`],
        [capacity, perMs, cost],
      );
      const [allowed, tokens] = (await Promise.race([answer, patience.promise])) as [number, string];
      this.#returnToShared();
      return decisionOf(policy, allowed === 1, Number(tokens), cost);
    } catch (error) {
      this.#restUntil = performance.now() + this.#restMs;
      return this.#fallBack((error as Error).message, key, policy, cost);
    } finally {
      clearTimeout(timer);
    }
  }

  #fallBack(reason: string, key: string, policy: RateLimitPolicy, cost: number): RateLimitDecision {
    if (!this.#isLocal) {
      this.#isLocal = true;
      this.#logger.warn(
        `Rate limits are counted by this process alone until Redis answers again: ${reason}.`,
      );
    }
    return this.#local.consume(key, policy, cost);
  }

  #returnToShared(): void {
    if (!this.#isLocal) return;
    this.#isLocal = false;
    this.#logger.log('Rate limits are counted in Redis again.');
  }
}
