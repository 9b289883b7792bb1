/** What one counter of failures holds: `limit` of them, of which it gets back one after the other over the window. */
export interface AttemptBudget {
  /** Who or what is counted. */
  readonly key: string;
  /** Failures that may follow one another. */
  readonly limit: number;
  /** Seconds in which a budget that is spent becomes whole again, steadily. */
  readonly windowSeconds: number;
  /** Whether a success makes it whole at once. Never for a counter that the one who succeeds shares with others. */
  readonly isClearedBySuccess?: boolean;
  /** Budgets of one group are made whole together by {@link AttemptLimiter.forgive}. */
  readonly group?: string;
}

/** `busy`: attempts that are under way have all that is left; which of them fail is not known yet. */
export type BudgetState = 'open' | 'busy' | 'spent';

export interface BudgetDecision {
  readonly state: BudgetState;
  /** Seconds until it would be open, rounded up and at least 1; 0 when it is. */
  readonly retryAfterSeconds: number;
}

/** `void`: the attempt came to nothing, and tells nothing. */
export type AttemptOutcome = 'failed' | 'succeeded' | 'void';

type Eventually<T> = T | Promise<T>;

/**
 * Port: how often something may fail, such as guessing a password. Unlike a rate, success costs nothing.
 *
 * An attempt is held before its outcome is known and settled afterwards, so that of any number of attempts at once no
 * more are made than may fail. No method rejects because a server is away: then each process counts for itself.
 */
export abstract class AttemptLimiter {
  /** How each budget stands. Nothing is counted. */
  abstract look(budgets: readonly AttemptBudget[]): Eventually<BudgetDecision[]>;

  /** Holds one attempt in each budget when all of them are open, else in none. @returns how each stood before */
  abstract hold(budgets: readonly AttemptBudget[]): Eventually<BudgetDecision[]>;

  /** Ends an attempt that was held; a failed one is taken from each budget. */
  abstract settle(budgets: readonly AttemptBudget[], outcome: AttemptOutcome): Eventually<void>;

  /** Makes every budget of a group whole. @param windowSeconds the longest among them */
  abstract forgive(group: string, windowSeconds: number): Eventually<void>;
}

/** An attempt that was never settled, because its process died, is forgotten after this long. */
export const HOLD_SECONDS = 60;

export const isOpen = (decisions: readonly BudgetDecision[]): boolean =>
  decisions.every(({ state }) => state === 'open');

/** What follows from the failures that a budget has left and the attempts that are under way. @param left fractions included */
export function budgetDecision(
  { limit, windowSeconds }: AttemptBudget,
  left: number,
  held: number,
): BudgetDecision {
  if (left - held >= 1) return { state: 'open', retryAfterSeconds: 0 };
  if (left >= 1) return { state: 'busy', retryAfterSeconds: 1 };
  return { state: 'spent', retryAfterSeconds: Math.max(1, Math.ceil(((1 - left) * windowSeconds) / limit)) };
}
