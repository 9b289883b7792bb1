import { Injectable } from '@nestjs/common';
import type { Job, JobsOptions, Queue } from 'bullmq';
import { AppError } from '../errors/index.js';
import { within } from '../time-limit/index.js';
import { QueueConnection } from './queue-connection.js';

/** A job as the queue stores it. */
export interface StoredJob {
  readonly name: string;
  readonly data: object;
  readonly opts: JobsOptions;
}

export interface QueueCounts {
  readonly pending: number;
  readonly active: number;
  readonly delayed: number;
}

/** Most milliseconds that adding a job may take. */
const ADD_TIMEOUT_MS = 5_000;
const RETRY_AFTER_SECONDS = 2;

/** The producing side of every queue that this process has used. */
@Injectable()
export class QueueProducers {
  readonly #queues = new Map<string, Queue>();

  constructor(private readonly connection: QueueConnection) {}

  /**
   * Adds one job; an id that is there already is left as it is.
   * @returns the id of the job that now stands for it: another one when its deduplication key was taken
   * @throws SERVICE_UNAVAILABLE, and then the job may have been added nevertheless
   */
  async add(queue: string, { name, data, opts }: StoredJob): Promise<string> {
    const job = await this.#reach(queue, ADD_TIMEOUT_MS, (producer) => producer.add(name, data, opts));
    return job.id!;
  }

  /** Adds many jobs in one exchange. Errors as {@link add}. */
  async addAll(queue: string, jobs: StoredJob[]): Promise<void> {
    await this.#reach(queue, ADD_TIMEOUT_MS, (producer) => producer.addBulk(jobs));
  }

  /** How many jobs a queue holds. @throws SERVICE_UNAVAILABLE when that is not known within `timeoutMs` */
  async counts(queue: string, timeoutMs: number): Promise<QueueCounts> {
    const counts = await this.#reach(queue, timeoutMs, (producer) =>
      producer.getJobCounts('waiting', 'prioritized', 'active', 'delayed'),
    );
    return {
      pending: (counts['waiting'] ?? 0) + (counts['prioritized'] ?? 0),
      active: counts['active'] ?? 0,
      delayed: counts['delayed'] ?? 0,
    };
  }

  /** A page of the jobs that have completed, and of the dead letters. Errors as {@link add}. */
  finished(queue: string, from: number, to: number): Promise<{ completed: Job[]; failed: Job[] }> {
    return this.#reach(queue, ADD_TIMEOUT_MS, async (producer) => ({
      completed: present(await producer.getJobs('completed', from, to)),
      failed: present(await producer.getJobs('failed', from, to)),
    }));
  }

  /** Closes all, for at most `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    const queues = [...this.#queues.values()];
    this.#queues.clear();
    await Promise.all(
      queues.map((queue) => within(queue.close(), deadlineMs, () => undefined).catch(() => undefined)),
    );
  }

  async #reach<T>(name: string, timeoutMs: number, use: (queue: Queue) => Promise<T>): Promise<T> {
    this.connection.requireReady();
    try {
      return await within(use(this.#queue(name)), timeoutMs, () => {
        throw new Error(`The queue did not answer within ${timeoutMs} ms.`);
      });
    } catch (cause) {
      throw cause instanceof AppError
        ? cause
        : new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: RETRY_AFTER_SECONDS, cause });
    }
  }

  #queue(name: string): Queue {
    const known = this.#queues.get(name);
    if (known) return known;
    const queue = this.connection.openQueue(name);
    this.#queues.set(name, queue);
    // Without a listener an error of the connection would end the process; the caller hears of it by its own call.
    queue.on('error', () => undefined);
    // A queue whose first contact failed never recovers: the next caller gets a new one.
    queue.waitUntilReady().catch(() => {
      if (this.#queues.get(name) === queue) this.#queues.delete(name);
      queue.close().catch(() => undefined);
    });
    return queue;
  }
}

/** A job that was removed while it was read comes as undefined. */
const present = (jobs: (Job | undefined)[]): Job[] => jobs.filter((job) => job !== undefined);
