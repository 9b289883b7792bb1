import type { Job, JobsOptions } from 'bullmq';
import type { JobDefinition } from './job-definition.js';
import { storableLine } from './job-attempt.js';
import { sequenceOf, type JobSnapshot } from './job-recorder.js';
import { levelOf, priorityOf, type Priority } from './priority.js';
import type { StoredJob } from './queue-producers.js';

/** What the queue carries of a job beside the queue's own fields. */
export interface JobEnvelope {
  readonly payload: object;
  readonly version: number;
  readonly tags: string[];
  readonly correlation_id: string;
  readonly traceparent: string | null;
  readonly unique_key?: string;
  /** Epoch milliseconds. */
  readonly scheduled_at?: number;
}

/** A job about to be enqueued: everything checked. */
export interface NewJob {
  readonly id: string;
  readonly definition: JobDefinition<object>;
  readonly payload: object;
  readonly version: number;
  readonly priority: Priority;
  readonly tags: string[];
  readonly correlationId: string;
  readonly traceparent: string | null;
  readonly createdAt: Date;
  readonly scheduledAt?: Date;
  readonly uniqueKey?: string;
}

/** Finished jobs stay in the queue this long, in seconds, so that one delivered twice is recognised. */
const KEEP_COMPLETED = { age: 3_600, count: 10_000 };

/** @param retentionDays how long a dead letter is kept */
export function storedJob(job: NewJob, retentionDays: number): StoredJob {
  const { definition, uniqueKey, scheduledAt } = job;
  const data: JobEnvelope = {
    payload: job.payload,
    version: job.version,
    tags: job.tags,
    correlation_id: job.correlationId,
    traceparent: job.traceparent,
    ...(uniqueKey !== undefined && { unique_key: uniqueKey }),
    ...(scheduledAt && { scheduled_at: scheduledAt.getTime() }),
  };
  const opts: JobsOptions = {
    jobId: job.id,
    timestamp: job.createdAt.getTime(),
    priority: levelOf(job.priority),
    attempts: definition.retry.attempts,
    backoff: { type: 'policy' },
    removeOnComplete: KEEP_COMPLETED,
    removeOnFail: { age: retentionDays * 86_400 },
    ...(scheduledAt && { delay: Math.max(0, scheduledAt.getTime() - job.createdAt.getTime()) }),
    ...(uniqueKey !== undefined && { deduplication: { id: `${definition.type}:${uniqueKey}` } }),
  };
  return { name: definition.type, data, opts };
}

/** The record of a job that was just enqueued. */
export function newSnapshot(job: NewJob): JobSnapshot {
  return {
    id: job.id,
    sequence: sequenceOf(0, 0),
    queue: job.definition.queue,
    type: job.definition.type,
    version: job.version,
    state: job.scheduledAt && job.scheduledAt.getTime() > Date.now() ? 'SCHEDULED' : 'PENDING',
    priority: job.priority,
    payload: job.payload,
    tags: job.tags,
    correlation_id: job.correlationId,
    attempts_made: 0,
    max_attempts: job.definition.retry.attempts,
    created_at: job.createdAt,
    ...(job.scheduledAt && { scheduled_at: job.scheduledAt }),
    ...(job.uniqueKey !== undefined && { unique_key: job.uniqueKey }),
  };
}

type Changing = Pick<JobSnapshot, 'sequence' | 'state' | 'attempts_made'> & Partial<JobSnapshot>;

/**
 * The record of a job whose attempt has ended, now or a while ago.
 * @param ended how the queue has it; `failed` and not finished means that another attempt follows
 */
export function endedSnapshot(
  job: Job<JobEnvelope>,
  ended: 'completed' | 'failed',
  worker?: string,
): JobSnapshot {
  const isFinal = job.finishedOn !== undefined;
  const result = job.returnvalue as object | null | undefined;
  return snapshotOf(job, worker, {
    sequence: sequenceOf(job.attemptsStarted, 'end'),
    attempts_made: job.attemptsMade,
    ...(isFinal && { finished_at: new Date(job.finishedOn!) }),
    ...(ended === 'completed'
      ? { state: 'COMPLETED', progress: 100, ...(result && { result }) }
      : { state: isFinal ? 'DEAD_LETTER' : 'FAILED', error: storableLine(job.failedReason) }),
  });
}

/** The record of a job in a worker's hands. The payload goes along only when `change` brings it. */
export function snapshotOf(job: Job<JobEnvelope>, worker: string | undefined, change: Changing): JobSnapshot {
  const { tags, correlation_id, version, unique_key, scheduled_at } = job.data;
  return {
    id: job.id!,
    queue: job.queueName,
    type: job.name,
    version,
    priority: priorityOf(job.priority),
    tags,
    correlation_id,
    max_attempts: job.opts.attempts ?? 1,
    created_at: new Date(job.timestamp),
    ...(worker !== undefined && { worker }),
    ...(unique_key !== undefined && { unique_key }),
    ...(scheduled_at !== undefined && { scheduled_at: new Date(scheduled_at) }),
    ...change,
  };
}
