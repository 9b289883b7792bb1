import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ArcanaConfig } from '../config/index.js';
import { Lock, type Lease } from '../coordination/index.js';
import { knownJobs, type JobDefinition, type Repetition } from './job-definition.js';
import { JobQueue } from './job-queue.js';

const FIRST_RUN_MS = 60_000;
/** So long after the death of the process that does it, another may take over. */
const LOCK_TTL_MS = 60_000;

/**
 * Enqueues the jobs that declare `repeat`, first a minute after the start. One process does it for all, for as long as
 * it lives; another takes over with its next turn. Under its unique key a job is not enqueued while the one before is
 * still waiting or running.
 */
@Injectable()
export class RepeatingJobs implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('RepeatingJobs');
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #lease: Lease | null = null;
  #acquiring: Promise<Lease | null> | undefined;
  #stopped = false;

  constructor(
    private readonly lock: Lock,
    private readonly queue: JobQueue,
    private readonly config: ArcanaConfig,
  ) {}

  onApplicationBootstrap(): void {
    for (const job of knownJobs()) {
      if (job.repeat && (job.repeat.when?.(this.config) ?? true))
        this.#schedule(job, job.repeat, FIRST_RUN_MS);
    }
  }

  /** Leaves the work to another process. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await this.#lease?.release();
  }

  #schedule(job: JobDefinition<object>, repeat: Repetition, delayMs: number): void {
    if (this.#stopped) return;
    this.#timers.set(job.type, setTimeout(() => void this.#run(job, repeat), delayMs).unref());
  }

  async #run(job: JobDefinition<object>, repeat: Repetition): Promise<void> {
    try {
      const lease = await this.#hold();
      if (this.#stopped) await lease?.release();
      else if (lease) await this.queue.enqueue(job, {}, { uniqueKey: 'repeating' });
    } catch (error) {
      this.#logger.warn(`The job ${job.type} cannot be enqueued now: ${(error as Error).message}`);
    }
    this.#schedule(job, repeat, repeat.everyMs);
  }

  /** The lock, if this process has it or gets it. Two jobs whose turn it is at once ask once. */
  #hold(): Promise<Lease | null> {
    if (this.#lease?.isHeld) return Promise.resolve(this.#lease);
    this.#acquiring ??= this.lock
      .tryAcquire('queue.repeating', { ttlMs: LOCK_TTL_MS })
      .then((lease) => (this.#lease = lease))
      .finally(() => (this.#acquiring = undefined));
    return this.#acquiring;
  }
}
