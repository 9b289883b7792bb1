import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { RequestContext, randomHex } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { JobRecorder, MAX_SNAPSHOT_LINES, startOf, type JobSnapshot } from './job-recorder.js';

/** How long news waits for company, in milliseconds. */
const GATHER_MS = 20;
/** Records written by one call. */
const BATCH = 200;
/** Pause after a call that failed, in milliseconds. */
const RETRY_MS = 500;
/** Jobs whose news may wait in memory; workers pause above it rather than lose any. */
const CAPACITY = 10_000;

/**
 * Gathers what happens to jobs and has it recorded in batches: one record per job and batch, however much happened to
 * it in between. While records cannot be written, they wait here.
 */
@Injectable()
export class JobLedger implements OnModuleInit {
  readonly #logger = new Logger('JobLedger');
  #recorder: JobRecorder;
  #waiting = new Map<string, JobSnapshot>();
  #writing: Promise<boolean> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly modules: ModuleRef) {}

  /** The recorder belongs to a feature, whose module may itself need the queue: it is looked up when all is built. */
  onModuleInit(): void {
    try {
      this.#recorder = this.modules.get(JobRecorder, { strict: false });
    } catch (cause) {
      throw new Error('Nothing keeps the record of jobs: let a feature provide the port JobRecorder.', {
        cause,
      });
    }
  }

  /** Has the snapshot recorded soon. */
  note(snapshot: JobSnapshot): void {
    const earlier = this.#waiting.get(snapshot.id);
    this.#waiting.set(snapshot.id, earlier ? merge(earlier, snapshot) : snapshot);
    this.#schedule(GATHER_MS);
  }

  /** Records at once, past what waits. @throws SERVICE_UNAVAILABLE */
  async record(snapshots: JobSnapshot[]): Promise<void> {
    if (snapshots.length > 0) await this.#recorder.record(snapshots);
  }

  /** Resolves when everything noted so far is recorded, or could not be. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (let batches = Math.ceil(this.#waiting.size / BATCH) + 1; batches > 0; batches--) {
      while (this.#writing) await this.#writing;
      if (this.#waiting.size === 0 || !(await this.#write())) return;
    }
  }

  /** Resolves when there is room for more news. */
  async room(): Promise<void> {
    while (this.#waiting.size >= CAPACITY && !this.#closed) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Records what waits, for at most `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    const end = Date.now() + deadlineMs;
    let left = deadlineMs;
    do {
      await Promise.race([this.flush(), pause(left)]);
      left = end - Date.now();
    } while (this.#waiting.size > 0 && left > 0 && (await pause(Math.min(RETRY_MS, left)).then(() => true)));
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#waiting.size > 0) {
      this.#logger.error(`The last news of ${this.#waiting.size} jobs could not be recorded.`);
    }
  }

  #schedule(delayMs: number): void {
    if (this.#timer || this.#writing || this.#closed) return;
    this.#timer = setTimeout(() => void this.flush(), delayMs);
  }

  #write(): Promise<boolean> {
    const batch = [...this.#waiting.values()].slice(0, BATCH);
    for (const { id } of batch) this.#waiting.delete(id);
    // Whoever happened to set the timer must not lend this its deadline.
    const context = new RequestContext({ requestId: randomHex(16), protocol: 'system' });
    this.#writing = RequestContext.run(context, () => this.#attempt(batch)).then((written) => {
      this.#writing = undefined;
      if (this.#waiting.size > 0) this.#schedule(written ? 0 : RETRY_MS);
      return written;
    });
    return this.#writing;
  }

  async #attempt(batch: JobSnapshot[]): Promise<boolean> {
    try {
      await this.#recorder.record(batch);
      return true;
    } catch (error) {
      if (error instanceof AppError && error.entry.retryable) {
        this.#logger.warn(`The news of ${batch.length} jobs waits to be recorded: ${error.message}`);
        for (const snapshot of batch) {
          const later = this.#waiting.get(snapshot.id);
          this.#waiting.set(snapshot.id, later ? merge(snapshot, later) : snapshot);
        }
        return false;
      }
      return this.#isolate(batch, error);
    }
  }

  /** One record that cannot be stored must not hold up the others. */
  async #isolate(batch: JobSnapshot[], error: unknown): Promise<boolean> {
    if (batch.length === 1) {
      this.#logger.error({ msg: 'The news of a job cannot be recorded.', job_id: batch[0]!.id, err: error });
      return true;
    }
    const middle = Math.ceil(batch.length / 2);
    const first = await this.#attempt(batch.slice(0, middle));
    const second = await this.#attempt(batch.slice(middle));
    return first && second;
  }
}

/** What is known after both: the later state, and what only the earlier one told. The record follows the same rules. */
function merge(one: JobSnapshot, other: JobSnapshot): JobSnapshot {
  const [earlier, later] = one.sequence <= other.sequence ? [one, other] : [other, one];
  const payload = later.payload ?? earlier.payload;
  const lines = [...(earlier.lines ?? []), ...(later.lines ?? [])].slice(-MAX_SNAPSHOT_LINES);
  const progress = startOf(earlier.sequence) === startOf(later.sequence) ? earlier.progress : undefined;
  return {
    ...(earlier.started_at && { started_at: earlier.started_at }),
    ...(earlier.error !== undefined && later.state !== 'COMPLETED' && { error: earlier.error }),
    ...(progress !== undefined && { progress }),
    ...later,
    ...(payload && { payload }),
    ...(lines.length > 0 && { lines }),
  };
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)).unref());
