import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../errors/index.js';
import type { Lease } from './lease.js';

export interface LockOptions {
  /** Time after which a holder that is dead, frozen or cut off loses the lock, in milliseconds; at least 100. */
  ttlMs: number;
}

export interface WithLockOptions extends LockOptions {
  /** How long to wait for another holder, in milliseconds. Default 0: not at all. */
  waitMs?: number;
}

const MAX_PAUSE_MS = 250;

/**
 * Port: one holder at a time, over all processes. A lock is held until it is released, and lost when its holder dies,
 * freezes or is cut off for longer than its time to live.
 */
export abstract class Lock {
  /**
   * @param name as in `jobs.scheduler`
   * @returns null when somebody else has it, in this process or another
   * @throws SERVICE_UNAVAILABLE when that cannot be told now
   */
  abstract tryAcquire(name: string, options: LockOptions): Promise<Lease | null>;

  /** Releases what this process still holds. */
  abstract close(): Promise<void>;

  /**
   * Runs `work` while holding the lock, and releases it however `work` ends. `lease.signal` tells `work` that the lock
   * was lost on the way: it should stop.
   * @throws SERVICE_UNAVAILABLE when the lock could not be had within `waitMs`; whatever `work` throws
   */
  async withLock<T>(name: string, options: WithLockOptions, work: (lease: Lease) => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + (options.waitMs ?? 0);
    for (;;) {
      const lease = await this.tryAcquire(name, options);
      if (lease) {
        try {
          return await work(lease);
        } finally {
          await lease.release();
        }
      }
      const left = giveUpAt - performance.now();
      if (left <= 0) {
        throw new AppError('SERVICE_UNAVAILABLE', {
          message: 'Somebody else is doing this right now; try again later.',
          retryAfterSeconds: 1,
        });
      }
      // Jitter, so that those who wait do not all ask at once.
      await delay(Math.min(left, MAX_PAUSE_MS * (0.2 + 0.8 * Math.random())));
    }
  }
}

/** @throws RangeError for a time to live that cannot be kept */
export function assertTtl(ttlMs: number): void {
  if (!Number.isInteger(ttlMs) || ttlMs < 100) {
    throw new RangeError(`A lock lives for a whole number of milliseconds, at least 100; ${ttlMs} is none.`);
  }
}
