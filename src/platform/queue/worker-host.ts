import { Injectable, Logger } from '@nestjs/common';
import type { Job, Worker } from 'bullmq';
import { ArcanaConfig } from '../config/index.js';
import { within } from '../time-limit/index.js';
import { backoffDelay } from './backoff.js';
import { findJob } from './job-definition.js';
import { endedSnapshot, type JobEnvelope } from './job-envelope.js';
import { JobHandlers } from './job-handlers.js';
import { JobLedger } from './job-ledger.js';
import { JobRunner } from './job-runner.js';
import { priorityOf } from './priority.js';
import { QueueConnection, type OpenedWorker } from './queue-connection.js';
import { QueueMetrics } from './queue-metrics.js';
import { RecordRepair } from './record-repair.js';

/** Times in milliseconds. The defaults are for production; tests shorten them. */
export class WorkerTuning {
  /** A worker that does not renew its hold on a job for so long is taken for dead. */
  lockMs = 20_000;
  /** How often jobs of dead workers are looked for. */
  stalledCheckMs = 10_000;
  /** Between the signal of a time-out and the end of the attempt. */
  graceMs = 5_000;
  /** Before a broken connection is tried again. */
  reconnectMs = 1_000;
}

/** Worker deaths that one job survives; one that always kills its worker must end somewhere. */
const MAX_STALLS = 5;
const FALLBACK_BACKOFF_MS = 5_000;
/** Time a connection gets to close. */
const RELEASE_MS = 200;

/** The workers of this process: one for each queue that has handlers here. */
@Injectable()
export class WorkerHost {
  readonly #logger = new Logger('WorkerHost');
  readonly #workers = new Map<string, OpenedWorker>();
  #state: 'new' | 'started' | 'stopped' = 'new';

  constructor(
    private readonly connection: QueueConnection,
    private readonly handlers: JobHandlers,
    private readonly runner: JobRunner,
    private readonly ledger: JobLedger,
    private readonly repair: RecordRepair,
    private readonly metrics: QueueMetrics,
    private readonly config: ArcanaConfig,
    private readonly tuning: WorkerTuning,
  ) {}

  /** Queues that jobs are being fetched from. */
  get queues(): string[] {
    return [...this.#workers.keys()];
  }

  /** Starts to fetch jobs. Does not wait for the backend: while that is away, workers keep trying. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    for (const queue of this.handlers.queues()) this.#open(queue);
  }

  /**
   * Stops fetching, lets running jobs finish, asks those that do not to stop, and gives them back without burning an
   * attempt. Returns within about `deadlineMs`, whatever hangs.
   */
  async stop(deadlineMs: number): Promise<void> {
    if (this.#state !== 'started') return;
    this.#state = 'stopped';
    const end = Date.now() + deadlineMs;
    this.runner.stop();
    this.repair.stop();
    const workers = [...this.#workers];
    for (const [, { worker }] of workers) void worker.pause(true);
    const reserveMs = Math.min(3_000, deadlineMs / 2);
    if (!(await this.runner.idle(deadlineMs - reserveMs))) {
      this.runner.abortAll(reserveMs / 3);
      await this.runner.idle((reserveMs * 2) / 3);
    }
    await Promise.all(workers.map(([queue, opened]) => this.#close(queue, opened, end - Date.now())));
  }

  #open(queue: string): void {
    const opened = this.connection.openWorker(
      queue,
      // Three parameters, or the library passes no signal.
      (job: Job<JobEnvelope>, token, signal) => this.runner.run(job, token, signal, this.tuning.graceMs),
      {
        name: this.runner.worker,
        concurrency: this.config.queue.concurrency,
        lockDuration: this.tuning.lockMs,
        stalledInterval: this.tuning.stalledCheckMs,
        maxStalledCount: MAX_STALLS,
        runRetryDelay: this.tuning.reconnectMs,
        settings: { backoffStrategy: (failures, _type, _error, job) => retryDelay(failures, job) },
      },
    );
    const { worker } = opened;
    this.#workers.set(queue, opened);
    this.#listen(worker);
    worker.waitUntilReady().then(
      () => {
        if (this.#state === 'stopped') return;
        this.metrics.workerFetches(queue, true);
        void this.repair.run(queue);
        worker
          .run()
          .catch((error: unknown) =>
            this.#logger.error({ msg: `The worker of ${queue} stopped fetching.`, err: error }),
          );
      },
      (error: unknown) => this.#reopen(queue, opened, error),
    );
  }

  /** A worker whose first contact failed never recovers: it is replaced. */
  #reopen(queue: string, { worker, release }: OpenedWorker, error: unknown): void {
    if (this.#state === 'stopped') return;
    this.#logger.warn(`The worker of ${queue} cannot reach its backend: ${(error as Error).message}`);
    void worker.close(true).catch(() => undefined);
    void release(RELEASE_MS);
    setTimeout(() => {
      if (this.#state === 'started') this.#open(queue);
    }, this.tuning.reconnectMs).unref();
  }

  #listen(worker: Worker): void {
    worker.on('error', (error) => this.#logger.warn(`Worker of ${worker.name}: ${error.message}`));
    worker.on('stalled', (id) => this.#logger.warn(`Job ${id} lost its worker and is handed out again.`));
    worker.on('completed', (job: Job<JobEnvelope>) => {
      this.#measure(job);
      this.metrics.completed({ queue: job.queueName, type: job.name });
      this.ledger.note(endedSnapshot(job, 'completed', this.runner.worker));
    });
    worker.on('failed', (job: Job<JobEnvelope> | undefined) => {
      if (!job) return;
      this.#measure(job);
      const kind = job.finishedOn === undefined ? 'retried' : 'failedForGood';
      this.metrics[kind]({ queue: job.queueName, type: job.name });
      this.ledger.note(endedSnapshot(job, 'failed', this.runner.worker));
    });
  }

  #measure(job: Job): void {
    if (job.processedOn !== undefined) {
      this.metrics.ran(job.name, priorityOf(job.priority), (job.finishedOn ?? Date.now()) - job.processedOn);
    }
  }

  /** The library waits for ever for a backend that is away. */
  async #close(queue: string, { worker, release }: OpenedWorker, leftMs: number): Promise<void> {
    this.metrics.workerFetches(queue, false);
    this.#workers.delete(queue);
    const closing = worker
      .close()
      .catch((error: unknown) => this.#logger.warn(`Closing ${queue}: ${String(error)}`));
    await within(closing, Math.max(leftMs, RELEASE_MS), () =>
      this.#logger.warn(`The worker of ${queue} did not close in time and is cut off.`),
    );
    await within(release(RELEASE_MS), 2 * RELEASE_MS, () => undefined);
  }
}

/** Never throws: the library would leave the job active. */
function retryDelay(failures: number, job: { name: string } | undefined): number {
  try {
    return backoffDelay(findJob(job!.name)!.retry, failures);
  } catch {
    return FALLBACK_BACKOFF_MS;
  }
}
