import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { ArcanaConfig } from '../platform/config/index.js';
import { within } from '../platform/time-limit/index.js';
import { SessionRecordRepository } from './session-record.repository.js';

/** A session's use is written so often at most, by one process. */
const MAX_INTERVAL_MS = 60_000;
/** Of the time it may lie unused, so much may go unwritten. */
const IDLE_PART = 4;
/** Uses of many sessions are collected for so long, and written together. */
const COLLECT_MS = 5_000;
/** In one statement. */
const MAX_BATCH = 1_000;
/** Sessions whose last written use is remembered: about 20 MB. The oldest is forgotten, and written once more. */
const MAX_REMEMBERED = 100_000;
/** A shutdown waits so long for the last uses: a session looks unused for some seconds more, and no harm is done. */
const LAST_WRITE_MS = 1_000;

/**
 * Notes when sessions are used, for their owners to see and for those that lie idle to end. A request pays a look into
 * a map; what is new is collected and written in one statement, about once a minute for each session.
 *
 * A use that cannot be written is forgotten: a session that looks idle ends early, never late.
 */
@Injectable()
export class SessionUses implements BeforeApplicationShutdown {
  readonly #logger = new Logger('SessionUses');
  readonly #intervalMs: number;
  /** When the use was noted that was written last, or waits to be; in the order of that time. */
  readonly #noted = new Map<string, number>();
  #waiting = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  /** Nobody's request: its deadline and its caller have nothing to do with the statement. */
  readonly #outside = AsyncLocalStorage.snapshot();

  constructor(
    private readonly records: SessionRecordRepository,
    config: ArcanaConfig,
  ) {
    const idleMs = config.security.session_idle_expiration_secs * 1000;
    this.#intervalMs = Math.min(MAX_INTERVAL_MS, idleMs / IDLE_PART);
  }

  /** The session is being used. Never waits, never fails. */
  note(sessionId: string): void {
    const now = performance.now();
    const last = this.#noted.get(sessionId);
    if (last !== undefined && now - last < this.#intervalMs) return;
    if (this.#waiting.size >= MAX_REMEMBERED) return;
    // Deleted first: a map keeps the place of a key that it has.
    this.#noted.delete(sessionId);
    this.#noted.set(sessionId, now);
    if (this.#noted.size > MAX_REMEMBERED) this.#noted.delete(this.#noted.keys().next().value!);
    this.#waiting.set(sessionId, now);
    this.#schedule();
  }

  /** Writes what was collected. */
  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await within(this.#flush(), LAST_WRITE_MS, () => undefined);
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    this.#outside(() => {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        void this.#flush();
      }, COLLECT_MS).unref();
    });
  }

  /** One statement at a time: a slow database is not given more of them. */
  async #flush(): Promise<void> {
    await this.#writing;
    this.#writing = this.#outside(() => this.#write());
    await this.#writing;
  }

  async #write(): Promise<void> {
    const uses = [...this.#waiting];
    this.#waiting = new Map();
    try {
      for (let first = 0; first < uses.length; first += MAX_BATCH) {
        const now = performance.now();
        await this.records.recordUse(
          uses
            .slice(first, first + MAX_BATCH)
            .map(([session_id, at]) => ({ session_id, ms_ago: Math.round(now - at) })),
        );
      }
    } catch (error) {
      this.#logger.warn(`The last use of sessions is not recorded: ${(error as Error).message}`);
      // Their next use is to be written, not passed over as one that has been.
      for (const [sessionId] of uses) this.#noted.delete(sessionId);
    }
  }
}
