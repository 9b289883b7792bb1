/** A token bucket: `limit` per window, refilled steadily. */
export interface RateLimitPolicy {
  /** Keeps the buckets of policies apart; shown to callers. */
  readonly name: string;
  /** Tokens that come in within one window. */
  readonly limit: number;
  readonly windowSeconds: number;
  /** Tokens the bucket holds, that is how many may be spent at once. Default: `limit`. */
  readonly burst?: number;
}

export interface RateLimitDecision {
  readonly allowed: boolean;
  /** The policy's limit per window. */
  readonly limit: number;
  /** Whole tokens left. */
  readonly remaining: number;
  /** Seconds until the bucket is full again, rounded up. */
  readonly resetSeconds: number;
  /** Seconds until the same call would be allowed, rounded up and at least 1; 0 when it was allowed. */
  readonly retryAfterSeconds: number;
}

/** Port: how often a caller may call. A refused call costs nothing. */
export abstract class RateLimiter {
  /**
   * Takes `cost` tokens from the bucket of `key`, or none when there are not as many.
   *
   * The answer comes at once where the count is local, else as a promise: the guard on every request is spared one
   * where it can be. It never rejects because a server is away.
   * @param key who is counted: an address, an account id
   * @param cost a whole number, at least 1
   * @throws RangeError when the bucket can never hold `cost` tokens
   */
  abstract consume(
    key: string,
    policy: RateLimitPolicy,
    cost?: number,
  ): RateLimitDecision | Promise<RateLimitDecision>;
}

export const capacityOf = (policy: RateLimitPolicy): number => policy.burst ?? policy.limit;

/** @throws RangeError when no waiting would ever allow the call */
export function assertAffordable(policy: RateLimitPolicy, cost: number): void {
  if (cost >= 1 && cost <= capacityOf(policy)) return;
  throw new RangeError(
    `A call that costs ${cost} does not fit the policy ${policy.name}, which holds ${capacityOf(policy)}.`,
  );
}

/** The decision that follows from the tokens left after the call. @param tokens fractions included */
export function decisionOf(
  policy: RateLimitPolicy,
  allowed: boolean,
  tokens: number,
  cost: number,
): RateLimitDecision {
  const perSecond = policy.limit / policy.windowSeconds;
  return {
    allowed,
    limit: policy.limit,
    remaining: Math.floor(tokens),
    resetSeconds: Math.ceil((capacityOf(policy) - tokens) / perSecond),
    retryAfterSeconds: allowed ? 0 : Math.max(1, Math.ceil((cost - tokens) / perSecond)),
  };
}
