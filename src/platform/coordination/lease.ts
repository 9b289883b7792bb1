/** A lock that is held, for as long as nothing goes wrong. */
export interface Lease {
  readonly name: string;
  /**
   * Grows with every acquisition of this lock. Whoever writes on its strength sends it along, and the receiver refuses
   * a smaller one than it has seen: the only protection against a holder that was frozen and does not know yet.
   */
  readonly fence: number;
  /** Aborted when the lock is lost: not renewed in time, or its connection gone. Not by `release`. */
  readonly signal: AbortSignal;
  /** Judged by the clock, so also right in the moment after a freeze, when no timer has fired yet. */
  readonly isHeld: boolean;
  /** Lets others have the lock. Never throws: a lock that cannot be given back expires. */
  release(): Promise<void>;
}

/** What a technology grants: the renewing, counting and losing is the same for all and done by {@link RenewedLease}. */
export interface Grant {
  readonly fence: number;
  /** Monotonic clock before the lock was asked for: its time runs at most from there. */
  readonly askedAt: number;
  /** @returns false when the lock is certainly not ours any more @throws when that cannot be told now */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

/** Keeps a granted lock by renewing it three times in its time to live. */
export class RenewedLease implements Lease {
  readonly fence: number;
  readonly #lost = new AbortController();
  #validUntil: number;
  #ended = false;
  #renewal: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;

  constructor(
    readonly name: string,
    private readonly ttlMs: number,
    private readonly grant: Grant,
    private readonly onEnd: () => unknown,
  ) {
    this.fence = grant.fence;
    this.#validUntil = 0;
    this.#extend(grant.askedAt);
    this.#scheduleRenewal();
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  get isHeld(): boolean {
    return !this.#ended && performance.now() < this.#validUntil;
  }

  async release(): Promise<void> {
    if (this.#end()) await this.grant.release().catch(() => undefined);
  }

  /** The lock is not ours any more, whatever the server believes. */
  lose(reason: string): void {
    if (!this.#end()) return;
    this.#lost.abort(new Error(`The lock ${this.name} was lost: ${reason}.`));
    this.grant.release().catch(() => undefined);
  }

  async #renew(): Promise<void> {
    const askedAt = performance.now();
    if (askedAt >= this.#validUntil) {
      this.lose('it was not renewed in time');
      return;
    }
    let ours = true;
    try {
      ours = await this.grant.renew();
      if (ours) this.#extend(askedAt);
    } catch {
      // Not known: the lock is ours until its time is over, and until then we ask again.
    }
    if (ours) this.#scheduleRenewal();
    else this.lose('its time was over on the server');
  }

  #extend(askedAt: number): void {
    if (this.#ended) return;
    this.#validUntil = askedAt + this.ttlMs;
    clearTimeout(this.#expiry);
    const left = Math.max(0, this.#validUntil - performance.now());
    this.#expiry = setTimeout(() => this.lose('it was not renewed in time'), left).unref();
  }

  #scheduleRenewal(): void {
    if (this.#ended) return;
    this.#renewal = setTimeout(() => void this.#renew(), this.ttlMs / 3).unref();
  }

  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
    this.onEnd();
    return true;
  }
}
