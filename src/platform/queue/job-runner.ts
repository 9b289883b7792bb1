import { Injectable, Logger } from '@nestjs/common';
import { DelayedError, UnrecoverableError, WaitingError, type Job } from 'bullmq';
import { hostname } from 'node:os';
import { RequestContext, randomHex } from '../context/index.js';
import { within } from '../time-limit/index.js';
import { JobAttempt, JobTimeout, Shutdown, asFailure, storableLine } from './job-attempt.js';
import { snapshotOf, type JobEnvelope } from './job-envelope.js';
import type { JobContext, JobWork } from './job-handler.js';
import { JobHandlers } from './job-handlers.js';
import { JobLedger } from './job-ledger.js';
import { readPayload } from './job-payload.js';
import { PermanentFailure } from './permanent-failure.js';
import { LAST_PROGRESS_STEP, sequenceOf } from './job-recorder.js';
import { storableResult } from './job-result.js';
import { priorityOf } from './priority.js';
import { QueueMetrics } from './queue-metrics.js';
import type { JobDefinition } from './job-definition.js';

type StoredJob = Job<JobEnvelope>;

/** A job whose type this release does not know waits so long for a process that does. */
const UNKNOWN_TYPE_DELAY_MS = 5_000;
/** Giving a job back is not waited for longer: its lock then runs out, and it is handed out again. */
const GIVE_BACK_TIMEOUT_MS = 1_000;

/** Runs attempts: between the queue, which calls it, and the handlers, which know nothing of the queue. */
@Injectable()
export class JobRunner {
  readonly #logger = new Logger('Jobs');
  readonly #running = new Set<JobAttempt>();
  readonly #idle = new Set<() => void>();
  #stopping = false;

  /** Named in records: host, process, and which of its lives. */
  readonly worker = `${hostname()}:${process.pid}:${randomHex(3)}`;

  constructor(
    private readonly handlers: JobHandlers,
    private readonly ledger: JobLedger,
    private readonly metrics: QueueMetrics,
  ) {}

  /**
   * Runs one attempt.
   * @param graceMs time between the signal of a time-out and the attempt's end
   * @returns the result as plain JSON
   * @throws always an Error; those of the queue's own kinds mean that the job was given back
   */
  async run(job: StoredJob, token: string | undefined, cancelled: AbortSignal | undefined, graceMs: number) {
    const handled = this.handlers.find(job.name);
    if (!handled) return this.#giveBack(job, token, UNKNOWN_TYPE_DELAY_MS);
    if (!this.#stopping) await this.ledger.room();
    // Waiting for room may have taken until the shutdown.
    if (this.#stopping) return this.#giveBack(job, token);
    const { definition, work } = handled;
    let step = 0;
    const attempt = new JobAttempt({
      attempt: job.attemptsMade + 1,
      jobId: job.id!,
      correlationId: job.data.correlation_id,
      timeoutMs: definition.timeoutMs,
      graceMs,
      onNews: (news) => {
        step = Math.min(step + 1, LAST_PROGRESS_STEP);
        this.#note(job, step, news);
      },
    });
    cancelled?.addEventListener('abort', () => attempt.abort(asFailure(cancelled.reason)));
    this.#begin(job, attempt);
    try {
      // A signal that was given before is not given again.
      if (cancelled?.aborted) throw asFailure(cancelled.reason);
      return await this.#inContext(job, definition, attempt, (context) =>
        this.#work(job, definition, work, context),
      );
    } catch (thrown) {
      return await this.#fail(job, token, attempt, thrown);
    } finally {
      this.#running.delete(attempt);
      if (this.#running.size === 0) for (const resolve of this.#idle) resolve();
    }
  }

  /** From now on, jobs that are fetched are given back. */
  stop(): void {
    this.#stopping = true;
  }

  /** Whether no attempt is running any more within `deadlineMs`. */
  async idle(deadlineMs: number): Promise<boolean> {
    if (this.#running.size === 0) return true;
    let done: () => void = () => undefined;
    await new Promise<void>((resolve) => {
      done = resolve;
      this.#idle.add(resolve);
      setTimeout(resolve, deadlineMs).unref();
    });
    this.#idle.delete(done);
    return this.#running.size === 0;
  }

  /** Asks what still runs to stop, and gives it back after `graceMs`. */
  abortAll(graceMs: number): void {
    for (const attempt of this.#running) attempt.abort(new Shutdown(), graceMs);
  }

  #begin(job: StoredJob, attempt: JobAttempt): void {
    this.#running.add(attempt);
    const startedAt = job.processedOn ?? Date.now();
    if (job.attemptsStarted <= 1) {
      this.metrics.waited(
        job.name,
        priorityOf(job.priority),
        startedAt - (job.data.scheduled_at ?? job.timestamp),
      );
    }
    this.#note(job, 0, { payload: job.data.payload, started_at: new Date(startedAt) });
  }

  #note(job: StoredJob, step: number, news: object): void {
    this.ledger.note(
      snapshotOf(job, this.worker, {
        sequence: sequenceOf(job.attemptsStarted, step),
        state: 'RUNNING',
        attempts_made: job.attemptsMade + 1,
        started_at: new Date(job.processedOn ?? Date.now()),
        ...news,
      }),
    );
  }

  #inContext<T>(
    job: StoredJob,
    definition: JobDefinition<object>,
    attempt: JobAttempt,
    work: (context: JobContext) => Promise<T>,
  ): Promise<T> {
    const context = new RequestContext({
      requestId: job.data.correlation_id,
      protocol: 'job',
      ...(job.data.traceparent !== null && { traceparent: job.data.traceparent }),
      deadline: Date.now() + definition.timeoutMs,
      signal: attempt.signal,
      route: definition.type,
      causationId: job.id!,
    });
    return RequestContext.run(context, () => attempt.run(work));
  }

  async #work(
    job: StoredJob,
    definition: JobDefinition<object>,
    work: JobWork<object>,
    context: JobContext,
  ): Promise<object | null> {
    const payload = await readPayload(definition, job.data.payload).catch((error: unknown) => {
      // The same payload will not be better next time.
      throw new UnrecoverableError(`The payload does not fit ${definition.type}: ${describe(error)}`);
    });
    const result = await work.handle(payload, context);
    try {
      return storableResult(definition.type, result);
    } catch (error) {
      // Repeating the work would end the same way.
      throw new UnrecoverableError((error as Error).message);
    }
  }

  async #fail(
    job: StoredJob,
    token: string | undefined,
    attempt: JobAttempt,
    thrown: unknown,
  ): Promise<never> {
    const reason: unknown = attempt.signal.reason;
    if (reason instanceof Shutdown) return this.#giveBack(job, token);
    if (thrown instanceof UnrecoverableError) throw thrown;
    if (thrown instanceof PermanentFailure) throw new UnrecoverableError(storableLine(thrown.message));
    const failure = asFailure(reason instanceof JobTimeout ? reason : thrown);
    this.#logger.warn({
      msg: `Attempt ${job.attemptsMade + 1} of ${job.name} failed: ${failure.message}`,
      job_id: job.id,
    });
    throw failure;
  }

  /** Returns a job to the queue without burning an attempt. */
  async #giveBack(job: StoredJob, token: string | undefined, delayMs = 0): Promise<never> {
    const moved = delayMs > 0 ? job.moveToDelayed(Date.now() + delayMs, token) : job.moveToWait(token);
    try {
      const isBack = await within(
        moved.then(() => true),
        GIVE_BACK_TIMEOUT_MS,
        () => false,
      );
      if (isBack) {
        this.ledger.note(
          snapshotOf(job, this.worker, {
            sequence: sequenceOf(job.attemptsStarted, 'end'),
            state: 'PENDING',
            attempts_made: job.attemptsMade,
          }),
        );
      }
    } catch (error) {
      this.#logger.warn({ msg: `A job could not be given back: ${describe(error)}`, job_id: job.id });
    }
    throw delayMs > 0 ? new DelayedError() : new WaitingError();
  }
}

function describe(error: unknown): string {
  const fields = (error as { fields?: { field: string; message: string }[] }).fields ?? [];
  const text =
    fields.length > 0
      ? fields.map(({ field, message }) => `${field}: ${message}`).join('; ')
      : String((error as Error).message);
  return storableLine(text);
}
