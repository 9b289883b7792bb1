import { Injectable, Logger } from '@nestjs/common';
import type { Job } from 'bullmq';
import { endedSnapshot, type JobEnvelope } from './job-envelope.js';
import { JobLedger } from './job-ledger.js';
import type { JobSnapshot } from './job-recorder.js';
import { QueueProducers } from './queue-producers.js';

const PAGE = 200;
/** As long as the queue keeps completed jobs, and less than the shortest retention of records, which is a day. */
const LOOK_BACK_MS = 3_600_000;

/**
 * Brings records up to date with the queue where a process died between the two: the end of a job is written to the
 * queue first and recorded a moment later. Whatever is recorded already is left as it is.
 */
@Injectable()
export class RecordRepair {
  readonly #logger = new Logger('RecordRepair');
  #isStopped = false;

  constructor(
    private readonly producers: QueueProducers,
    private readonly ledger: JobLedger,
  ) {}

  /** Goes through the jobs of a queue that finished lately, newest first. Never rejects. */
  async run(queue: string): Promise<void> {
    try {
      for (let from = 0; !this.#isStopped; from += PAGE) {
        const { completed, failed } = await this.producers.finished(queue, from, from + PAGE - 1);
        const snapshots = [...snapshotsOf(completed, 'completed'), ...snapshotsOf(failed, 'failed')];
        if (snapshots.length === 0) return;
        await this.ledger.record(snapshots);
      }
    } catch (error) {
      this.#logger.warn(
        `The records of ${queue} were not compared with the queue: ${(error as Error).message}`,
      );
    }
  }

  stop(): void {
    this.#isStopped = true;
  }
}

/** Older ones are left out: their records may have been pruned since, and must not come back. */
function snapshotsOf(jobs: Job[], ended: 'completed' | 'failed'): JobSnapshot[] {
  const since = Date.now() - LOOK_BACK_MS;
  return (jobs as Job<JobEnvelope>[])
    .filter(({ finishedOn = 0 }) => finishedOn > since)
    .map((job) => ({ ...endedSnapshot(job, ended), payload: job.data.payload }));
}
