import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Lock, type Lease } from '../platform/coordination/index.js';
import { JobQueue } from '../platform/queue/index.js';
import { PruneRecords } from './jobs.jobs.js';

const FIRST_RUN_MS = 60_000;
const INTERVAL_MS = 3_600_000;
/** So long after the death of the process that does it, another may take over. */
const LOCK_TTL_MS = 60_000;

/**
 * Has old records deleted every hour, first a minute after the start. One process does it for all, for as long as it
 * lives.
 */
@Injectable()
export class Retention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Retention');
  #timer: NodeJS.Timeout | undefined;
  #lease: Lease | null = null;
  #stopped = false;

  constructor(
    private readonly lock: Lock,
    private readonly queue: JobQueue,
  ) {}

  onApplicationBootstrap(): void {
    this.#schedule(FIRST_RUN_MS);
  }

  /** Leaves the work to another process. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#lease?.release();
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#run(), delayMs).unref();
  }

  async #run(): Promise<void> {
    try {
      if (!this.#lease?.isHeld)
        this.#lease = await this.lock.tryAcquire('jobs.retention', { ttlMs: LOCK_TTL_MS });
      if (this.#stopped) await this.#lease?.release();
      else if (this.#lease) await this.queue.enqueue(PruneRecords, {}, { uniqueKey: 'retention' });
    } catch (error) {
      this.#logger.warn(`Old records cannot be deleted now: ${(error as Error).message}`);
    }
    this.#schedule(INTERVAL_MS);
  }
}
