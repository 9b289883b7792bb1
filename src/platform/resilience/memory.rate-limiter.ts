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
  // By policy, then by key: one text of both would have to be made for every call.
  #young = new Map<string, Map<string, Bucket>>();
  #old = new Map<string, Map<string, Bucket>>();
  #youngSize = 0;
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
    return this.#youngSize + [...this.#old.values()].reduce((sum, { size }) => sum + size, 0);
  }

  consume(key: string, policy: RateLimitPolicy, cost = 1): RateLimitDecision {
    assertAffordable(policy, cost);
    const now = this.#now();
    const capacity = capacityOf(policy);
    const perMs = policy.limit / (policy.windowSeconds * 1000);
    const bucket = this.#bucket(policy.name, key, capacity, now);
    bucket.tokens = Math.min(capacity, bucket.tokens + (now - bucket.at) * perMs);
    bucket.at = now;
    this.#slowestFillMs = Math.max(this.#slowestFillMs, capacity / perMs);
    const allowed = bucket.tokens >= cost;
    if (allowed) bucket.tokens -= cost;
    return decisionOf(policy, allowed, bucket.tokens, cost);
  }

  #bucket(policy: string, key: string, capacity: number, now: number): Bucket {
    if (this.#youngSize * 2 >= this.#maxKeys || now - this.#turnedAt > this.#slowestFillMs) this.#turn(now);
    const young = this.#young.get(policy)?.get(key);
    if (young) return young;
    const old = this.#old.get(policy);
    const bucket = old?.get(key) ?? { tokens: capacity, at: now };
    old?.delete(key);
    const buckets = this.#young.get(policy) ?? new Map<string, Bucket>();
    buckets.set(key, bucket);
    this.#young.set(policy, buckets);
    this.#youngSize++;
    return bucket;
  }

  #turn(now: number): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngSize = 0;
    this.#turnedAt = now;
  }
}
