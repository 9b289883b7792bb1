import type { OutboxOutcome, OutboxRow } from '../database/index.js';
import type { Permission } from '../security/index.js';
import type { JobDefinition } from './job-definition.js';
import type { Priority } from './priority.js';

/** Options of one job; absent ones come from its declaration. */
export interface EnqueueOptions {
  priority?: Priority;
  /** Not before so many milliseconds from now, up to a year. Not together with `at`. */
  delayMs?: number;
  /** Not before this time, up to a year from now. */
  at?: Date;
  /** Labels to search by: at most 20, 1 to 64 characters each. */
  tags?: string[];
  /** Ties together what one request caused; default: the id of the request in hand. */
  correlationId?: string;
  /** While a job of this type and key is not done, another is not enqueued. At most 128 characters. */
  uniqueKey?: string;
}

export interface Enqueued {
  /** UUID v7 of the job that stands for the call. */
  readonly id: string;
  /** Whether that is a job which was there before, by its unique key. */
  readonly deduplicated: boolean;
}

/** A row of the outbox that is a job. */
export type JobRow = Extract<OutboxRow, { kind: 'job' }>;

/**
 * Hands work to the queues. Work that belongs to a change is not enqueued here but written with the change
 * (`effects().job(...)`), so that it exists when, and only when, the change does.
 */
export abstract class JobQueue {
  /** Which backend holds the jobs. */
  abstract readonly backend: 'redis' | 'postgres';

  /**
   * Enqueues one job, straight away.
   * @throws VALIDATION_FAILED (payload against the type's schema, priority, time, tags), PAYLOAD_TOO_LARGE,
   *   SERVICE_UNAVAILABLE at once when the queue cannot be reached
   */
  abstract enqueue<T extends object>(
    definition: JobDefinition<T>,
    data: T,
    options?: EnqueueOptions,
  ): Promise<Enqueued>;

  /**
   * Enqueues on behalf of a caller from outside, who names the type in words. When it returns, the job's record exists.
   * @throws UNKNOWN_JOB_TYPE, JOB_TYPE_INTERNAL when nobody may enqueue it from outside; else as {@link enqueue}
   */
  abstract enqueueByType(type: string, payload: unknown, options?: EnqueueOptions): Promise<Enqueued>;

  /** What a caller from outside needs to enqueue the type. @throws UNKNOWN_JOB_TYPE, JOB_TYPE_INTERNAL */
  abstract enqueuePermission(type: string): Permission;

  /**
   * Enqueues jobs that were written with a change. Repeating it is harmless: the row's id is the job's id. A row that
   * can never be a job (a payload that breaks its schema) is recorded as a dead letter.
   */
  abstract deliver(rows: JobRow[]): Promise<OutboxOutcome>;

  /** Records what is still to be recorded and lets go of connections, within `deadlineMs`. Call it when the workers have stopped. */
  abstract close(deadlineMs: number): Promise<void>;
}
