/** Something that is told when its time is up. */
export abstract class Expiring {
  /** Links of {@link Deadlines}. */
  older: Expiring | undefined = undefined;
  newer: Expiring | undefined = undefined;
  /** Monotonic milliseconds. */
  expiresAt = 0;
  isWaiting = false;

  /** The time is up. */
  abstract expire(): void;
}

/**
 * Tells each of many things, once, when its time is up. All have the same time, so the oldest is always the next, and one
 * timer serves them all: a timer for each of them costs a server a good part of what a small request costs.
 */
export class Deadlines {
  #oldest: Expiring | undefined;
  #newest: Expiring | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly milliseconds: number) {}

  /** @param now monotonic milliseconds, where the caller has just asked for them */
  add(item: Expiring, now = performance.now()): void {
    item.expiresAt = now + this.milliseconds;
    item.isWaiting = true;
    item.older = this.#newest;
    if (this.#newest) this.#newest.newer = item;
    else this.#oldest = item;
    this.#newest = item;
    if (this.#timer === undefined) this.#timer = this.#wake(this.milliseconds);
  }

  /** Its time does not matter any more. */
  delete(item: Expiring): void {
    if (!item.isWaiting) return;
    const { older, newer } = item;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    item.isWaiting = false;
    item.older = undefined;
    item.newer = undefined;
  }

  #wake(inMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#expire(), inMs).unref();
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (let item = this.#oldest; item; item = this.#oldest) {
      if (item.expiresAt > now) {
        this.#timer = this.#wake(Math.ceil(item.expiresAt - now));
        return;
      }
      this.delete(item);
      item.expire();
    }
  }
}
