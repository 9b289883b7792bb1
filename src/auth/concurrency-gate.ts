import { RequestContext } from '../platform/context/index.js';
import { AppError } from '../platform/errors/index.js';

/** Lets a bounded number of pieces of work run at once and a bounded number wait; the rest is refused at once. */
export class ConcurrencyGate {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly limit: number,
    private readonly queueLimit: number,
  ) {}

  /**
   * Runs `work` when it is its turn.
   * @throws SERVICE_UNAVAILABLE when too many wait already; TIMEOUT or CANCELLED when the caller's time was over before
   *   its turn came: nothing is computed for somebody who left
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      RequestContext.current()?.remainingMs();
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.limit) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= this.queueLimit)
      throw new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2 });
    // Whoever leaves hands its place over: the count stays.
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running--;
  }
}
