import { Injectable } from '@nestjs/common';
import { ArcanaConfig } from '../config/index.js';
import { RequestContext, randomHex, traceparent } from '../context/index.js';
import { newId, type OutboxOutcome } from '../database/index.js';
import { AppError } from '../errors/index.js';
import type { Permission } from '../security/index.js';
import { checkPriority, checkTags, checkTime, checkUniqueKey } from './enqueue-rules.js';
import { findJob, type JobDefinition } from './job-definition.js';
import { newSnapshot, storedJob, type NewJob } from './job-envelope.js';
import { JobLedger } from './job-ledger.js';
import { plainPayload, readPayload, storablePayload } from './job-payload.js';
import { JobQueue, type Enqueued, type EnqueueOptions, type JobRow } from './job-queue.js';
import type { JobSnapshot } from './job-recorder.js';
import { isPriority } from './priority.js';
import { QueueConnection } from './queue-connection.js';
import { QueueMetrics } from './queue-metrics.js';
import { QueueProducers } from './queue-producers.js';
import { JOB_TYPE_INTERNAL, UNKNOWN_JOB_TYPE } from './queue.errors.js';

/** First and longest pause before a row that could not be delivered is tried again, in milliseconds. */
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

const retryIn = (attempts: number): number =>
  Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts, 10));

/** {@link JobQueue} on BullMQ. */
@Injectable()
export class BullJobQueue extends JobQueue {
  constructor(
    private readonly connection: QueueConnection,
    private readonly producers: QueueProducers,
    private readonly ledger: JobLedger,
    private readonly metrics: QueueMetrics,
    private readonly config: ArcanaConfig,
  ) {
    super();
  }

  override get backend(): 'redis' | 'postgres' {
    return this.connection.backend;
  }

  override async enqueue<T extends object>(
    definition: JobDefinition<T>,
    data: T,
    options: EnqueueOptions = {},
  ): Promise<Enqueued> {
    const { id, snapshot } = await this.#enqueue(definition, data, options);
    if (snapshot) this.ledger.note(snapshot);
    return { id, deduplicated: !snapshot };
  }

  override async enqueueByType(
    type: string,
    payload: unknown,
    options: EnqueueOptions = {},
  ): Promise<Enqueued> {
    const definition = openDefinition(type);
    const data = await readPayload(definition, payload);
    const { id, snapshot } = await this.#enqueue(definition, data, options);
    if (snapshot) {
      this.ledger.note(snapshot);
      // The job is enqueued whatever becomes of this; the record is only made sure to be there for the next question.
      await this.ledger.flush();
    }
    return { id, deduplicated: !snapshot };
  }

  override enqueuePermission(type: string): Permission {
    return openDefinition(type).enqueuePermission;
  }

  override async deliver(rows: JobRow[]): Promise<OutboxOutcome> {
    const outcome: OutboxOutcome = { delivered: [], failed: [] };
    const snapshots: JobSnapshot[] = [];
    const jobs = new Map<string, { row: JobRow; job: NewJob }[]>();
    for (const row of rows) {
      const definition = findJob(row.body.type);
      if (!definition) {
        // A newer release wrote it; its relay will deliver it.
        const error = `This release knows no job type ${row.body.type}.`;
        outcome.failed.push({ id: row.id, error, retryInMs: LAST_RETRY_MS });
        continue;
      }
      const { job, refusal } = await this.#jobOf(row, definition);
      if (refusal) {
        snapshots.push({
          ...newSnapshot(job),
          state: 'DEAD_LETTER',
          error: refusal,
          finished_at: new Date(),
        });
        outcome.delivered.push(row.id);
        this.metrics.deadLettered(job.definition);
        continue;
      }
      snapshots.push(newSnapshot(job));
      const queued = jobs.get(definition.queue);
      if (queued) queued.push({ row, job });
      else jobs.set(definition.queue, [{ row, job }]);
    }
    // Recorded first: whatever happens next, the job can be seen.
    await this.ledger.record(snapshots);
    await Promise.all([...jobs].map(([queue, queued]) => this.#deliverTo(queue, queued, outcome)));
    return outcome;
  }

  override async close(deadlineMs: number): Promise<void> {
    await this.ledger.stop(deadlineMs);
    await this.producers.close(Math.min(deadlineMs, 1_000));
  }

  async #enqueue<T extends object>(
    definition: JobDefinition<T>,
    data: T,
    options: EnqueueOptions,
  ): Promise<{ id: string; snapshot?: JobSnapshot }> {
    const now = Date.now();
    const context = RequestContext.current();
    const scheduledAt = checkTime(options, now);
    const uniqueKey = checkUniqueKey(options.uniqueKey);
    const job: NewJob = {
      id: newId(),
      definition,
      version: definition.version,
      priority: options.priority === undefined ? definition.priority : checkPriority(options.priority),
      tags: checkTags(options.tags ?? []),
      payload: await storablePayload(definition, data, this.config.queue.payload_limit_bytes),
      correlationId: options.correlationId ?? context?.requestId ?? randomHex(16),
      traceparent: context ? traceparent(context.trace) : null,
      createdAt: new Date(now),
      ...(scheduledAt && { scheduledAt }),
      ...(uniqueKey !== undefined && { uniqueKey }),
    };
    const id = await this.producers.add(definition.queue, storedJob(job, this.config.queue.retention_days));
    if (id !== job.id) return { id };
    this.metrics.enqueued(definition, 1);
    return { id, snapshot: newSnapshot(job) };
  }

  async #deliverTo(
    queue: string,
    queued: { row: JobRow; job: NewJob }[],
    outcome: OutboxOutcome,
  ): Promise<void> {
    try {
      await this.producers.addAll(
        queue,
        queued.map(({ job }) => storedJob(job, this.config.queue.retention_days)),
      );
    } catch (error) {
      const { message } = ((error as Error).cause ?? error) as Error;
      for (const { row } of queued) {
        outcome.failed.push({ id: row.id, error: message, retryInMs: retryIn(row.attempts) });
      }
      return;
    }
    for (const { row, job } of queued) {
      outcome.delivered.push(row.id);
      this.metrics.enqueued(job.definition, 1);
    }
  }

  /** The job that a row asks for; with the reason when it can never be one. */
  async #jobOf(row: JobRow, definition: JobDefinition<object>): Promise<{ job: NewJob; refusal?: string }> {
    const { body } = row;
    const now = Date.now();
    // A time that passed while the row waited means at once.
    const at = body.at && new Date(body.at).getTime() > now ? new Date(body.at) : undefined;
    const job: NewJob = {
      id: row.id,
      definition,
      version: body.version,
      payload: body.data,
      priority: isPriority(body.priority) ? body.priority : definition.priority,
      tags: body.tags ?? [],
      correlationId: row.correlation_id,
      traceparent: row.traceparent,
      createdAt: row.created_at,
      ...(at && { scheduledAt: at }),
    };
    try {
      if (body.priority !== undefined) checkPriority(body.priority);
      checkTags(job.tags);
      checkTime({ ...(at && { at }) }, now);
      await readPayload(definition, body.data);
      return { job: { ...job, payload: plainPayload(body.data, this.config.queue.payload_limit_bytes) } };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const reasons = error.fields.map(({ field, message }) => `${field}: ${message}`).join('; ');
      return { job: { ...job, payload: {} }, refusal: `Not enqueued: ${reasons || error.message}` };
    }
  }
}

/** The declaration of a type that may be enqueued from outside. @throws UNKNOWN_JOB_TYPE, JOB_TYPE_INTERNAL */
function openDefinition(type: string): JobDefinition<object> & { enqueuePermission: Permission } {
  const definition = findJob(type);
  if (!definition) throw UNKNOWN_JOB_TYPE.error();
  if (!definition.enqueuePermission) throw JOB_TYPE_INTERNAL.error();
  return definition as JobDefinition<object> & { enqueuePermission: Permission };
}
