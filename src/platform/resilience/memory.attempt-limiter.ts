import {
  AttemptLimiter,
  budgetDecision,
  HOLD_SECONDS,
  isOpen,
  type AttemptBudget,
  type AttemptOutcome,
  type BudgetDecision,
} from './attempt-limiter.js';

interface Counter {
  /** Failures left, fractions included. */
  left: number;
  /** Monotonic milliseconds of the last change. */
  at: number;
  /** Attempts under way, and when the last of them began. */
  held: number;
  heldAt: number;
}

const DEFAULT_MAX_KEYS = 100_000;

/**
 * Failures counted in this process. Exact, because nothing is awaited between looking and counting. Memory is bounded:
 * a counter is made by an attempt, not by a question, and the one that was used least lately goes first.
 */
export class MemoryAttemptLimiter extends AttemptLimiter {
  /** Least lately used first. */
  readonly #counters = new Map<string, Counter>();
  /** By group, when it was forgiven. */
  readonly #forgiven = new Map<string, number>();
  readonly #maxKeys: number;
  readonly #now: () => number;

  /** @param options.now monotonic clock in milliseconds */
  constructor({ maxKeys = DEFAULT_MAX_KEYS, now = () => performance.now() } = {}) {
    super();
    this.#maxKeys = maxKeys;
    this.#now = now;
  }

  /** Counters kept at this moment, at most `maxKeys`. */
  get size(): number {
    return this.#counters.size;
  }

  look(budgets: readonly AttemptBudget[]): BudgetDecision[] {
    return budgets.map((budget) => {
      const { left, held } = this.#read(budget);
      return budgetDecision(budget, left, held);
    });
  }

  hold(budgets: readonly AttemptBudget[]): BudgetDecision[] {
    const decisions = this.look(budgets);
    if (!isOpen(decisions)) return decisions;
    for (const budget of budgets) {
      const counter = this.#read(budget);
      this.#write(budget, { ...counter, held: counter.held + 1, heldAt: this.#now() });
    }
    return decisions;
  }

  settle(budgets: readonly AttemptBudget[], outcome: AttemptOutcome): void {
    for (const budget of budgets) {
      const counter = this.#read(budget);
      const left =
        outcome === 'failed'
          ? Math.max(0, counter.left - 1)
          : outcome === 'succeeded' && budget.isClearedBySuccess
            ? budget.limit
            : counter.left;
      this.#write(budget, { ...counter, left, held: Math.max(0, counter.held - 1) });
    }
  }

  forgive(group: string): void {
    this.#forgiven.delete(group);
    this.#forgiven.set(group, this.#now());
    dropOldest(this.#forgiven, this.#maxKeys);
  }

  /** The counter as it stands now. */
  #read({ key, group, limit, windowSeconds }: AttemptBudget): Counter {
    const now = this.#now();
    const counter = this.#counters.get(key);
    if (!counter) return { left: limit, at: now, held: 0, heldAt: now };
    const isForgiven = group !== undefined && counter.at <= (this.#forgiven.get(group) ?? -1);
    const back = ((now - counter.at) * limit) / (windowSeconds * 1000);
    return {
      left: isForgiven ? limit : Math.min(limit, counter.left + back),
      at: now,
      held: now - counter.heldAt > HOLD_SECONDS * 1000 ? 0 : counter.held,
      heldAt: counter.heldAt,
    };
  }

  #write({ key, limit }: AttemptBudget, counter: Counter): void {
    this.#counters.delete(key);
    if (counter.left >= limit && counter.held === 0) return;
    this.#counters.set(key, counter);
    dropOldest(this.#counters, this.#maxKeys);
  }
}

function dropOldest(map: Map<string, unknown>, max: number): void {
  if (map.size <= max) return;
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
