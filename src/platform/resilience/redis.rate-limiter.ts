import { RedisScript, type Redis, type RedisClients } from '../redis/index.js';
import { MemoryRateLimiter } from './memory.rate-limiter.js';
import {
  assertAffordable,
  capacityOf,
  decisionOf,
  RateLimiter,
  type RateLimitDecision,
  type RateLimitPolicy,
} from './rate-limiter.js';
import { RedisOrLocal, type Patience } from './redis-or-local.js';

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
  readonly #local = new MemoryRateLimiter();
  readonly #redis: RedisOrLocal;

  constructor(clients: RedisClients, patience?: Patience) {
    super();
    this.#redis = new RedisOrLocal(clients, 'Rate limits', patience);
  }

  consume(key: string, policy: RateLimitPolicy, cost = 1): RateLimitDecision | Promise<RateLimitDecision> {
    assertAffordable(policy, cost);
    return this.#redis.run(
      (client) => consumeShared(client, key, policy, cost),
      () => this.#local.consume(key, policy, cost),
    );
  }
}

async function consumeShared(
  client: Redis,
  key: string,
  policy: RateLimitPolicy,
  cost: number,
): Promise<RateLimitDecision> {
  const perMs = policy.limit / (policy.windowSeconds * 1000);
  const keys = [`arcana:rate:${policy.name}:${key}`];
  const answer = await CONSUME.run(client, keys, [capacityOf(policy), perMs, cost]);
  const [allowed, tokens] = answer as [number, string];
  return decisionOf(policy, allowed === 1, Number(tokens), cost);
}
