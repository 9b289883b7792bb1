import {
  isOpen,
  type AttemptBudget,
  type AttemptLimiter,
  type AttemptOutcome,
} from '../platform/resilience/index.js';
import { AppError } from '../platform/errors/index.js';
import type { PasswordCheck } from './password-hasher.js';

/**
 * One password that is being tried. Hand it to `PasswordHasher.verify`, which calls {@link begin} when its turn comes,
 * then say how it ended; one that never began need not be ended.
 */
export class SignInAttempt implements PasswordCheck {
  #isHeld = false;

  /**
   * @param isPreferred the account has signed in from this address before
   * @param remember notes that it did now
   */
  constructor(
    private readonly limiter: AttemptLimiter,
    private readonly budgets: readonly AttemptBudget[],
    readonly isPreferred: boolean,
    private readonly remember: (userId: string) => Promise<void>,
  ) {}

  /** @throws TOO_MANY_REQUESTS; SERVICE_UNAVAILABLE while attempts under way have all that is left */
  async begin(): Promise<void> {
    const decisions = await this.limiter.hold(this.budgets);
    this.#isHeld = isOpen(decisions);
    if (this.#isHeld) return;
    const spent = decisions.findIndex(({ state }) => state === 'spent');
    if (spent >= 0) throw tooManyFailures(this.budgets[spent]!, decisions[spent]!.retryAfterSeconds);
    throw new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 1 });
  }

  /** The password was wrong, or is to be treated so. */
  async failed(): Promise<void> {
    await this.#settle('failed');
  }

  /** The password was right and opened the account: what failed here before is forgotten, the address is known. */
  async succeeded(userId: string): Promise<void> {
    await this.#settle('succeeded');
    await this.remember(userId);
  }

  /** It came to nothing, for reasons that tell nothing about the password. */
  async dropped(): Promise<void> {
    await this.#settle('void');
  }

  async #settle(outcome: AttemptOutcome): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    await this.limiter.settle(this.budgets, outcome);
  }
}

/** The same for every account, existing or not. */
export const tooManyFailures = (
  { limit, windowSeconds }: AttemptBudget,
  retryAfterSeconds: number,
): AppError =>
  new AppError('TOO_MANY_REQUESTS', {
    message: 'Too many failed sign-ins; try again later.',
    retryAfterSeconds,
    rateLimit: { policy: 'sign-in', limit, window_seconds: windowSeconds },
  });
