import {
  assertAffordable,
  capacityOf,
  decisionOf,
  RateLimiter,
  type RateLimitDecision,
  type RateLimitPolicy,
} from './rate-limiter.js';

interface Bucket {
  tokens: number;
  /** Monotonic milliseconds. */
  at: number;
}

const DEFAULT_MAX_KEYS = 100_000;

/**
 * Token buckets of this process. Exact, because nothing is awaited between looking and taking.
 *
 * Memory is bounded without sorting anything: keys live in two generations, a use moves a key to the young one, and
 * the old one is dropped as a whole when the young one is half of the bound, or has lasted longer than the slowest
 * bucket takes to fill; in the latter case only full buckets are forgotten, which changes no decision.
 */
export class MemoryRateLimiter extends RateLimiter {
  #young = new Map<string, Bucket>();
  #old = new Map<string, Bucket>();
  #turnedAt: number;
  #slowestFillMs = 0;
  readonly #maxKeys: number;
  readonly #now: () => number;

  /** @param options.now monotonic clock in milliseconds */
  constructor({ maxKeys = DEFAULT_MAX_KEYS, now = () => performance.now() } = {}) {
    super();
    this.#maxKeys = maxKeys;
    this.#now = now;
    this.#turnedAt = now();
  }

  /** Buckets kept at this moment, at most `maxKeys`. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  consume(key: string, policy: RateLimitPolicy, cost = 1): RateLimitDecision {
    assertAffordable(policy, cost);
    const now = this.#now();
    const capacity = capacityOf(policy);
    const perMs = policy.limit / (policy.windowSeconds * 1000);
    const bucket = this.#bucket(`${policy.name}|${key}`, capacity, now);
    bucket.tokens = Math.min(capacity, bucket.tokens + (now - bucket.at) * perMs);
    bucket.at = now;
    this.#slowestFillMs = Math.max(this.#slowestFillMs, capacity / perMs);
    const allowed = bucket.tokens >= cost;
    if (allowed) bucket.tokens -= cost;
    return decisionOf(policy, allowed, bucket.tokens, cost);
  }

  #bucket(id: string, capacity: number, now: number): Bucket {
    if (this.#young.size * 2 >= this.#maxKeys || now - this.#turnedAt > this.#slowestFillMs) this.#turn(now);
    const young = this.#young.get(id);
    if (young) return young;
    const bucket = this.#old.get(id) ?? { tokens: capacity, at: now };
    this.#old.delete(id);
    this.#young.set(id, bucket);
    return bucket;
  }

  #turn(now: number): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#turnedAt = now;
  }
}
