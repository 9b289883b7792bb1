import { Injectable, Logger } from '@nestjs/common';
import type { Job } from 'bullmq';
import { endedSnapshot, type JobEnvelope } from './job-envelope.js';
import { JobLedger } from './job-ledger.js';
import { QueueProducers } from './queue-producers.js';

const PAGE = 200;

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

  /** Goes through the finished jobs that a queue still holds. Never rejects. */
  async run(queue: string): Promise<void> {
    try {
      for (let from = 0; !this.#isStopped; from += PAGE) {
        const { completed, failed } = await this.producers.finished(queue, from, from + PAGE - 1);
        if (completed.length + failed.length === 0) return;
        await this.ledger.record([
          ...completed.map((job) => endedSnapshot(job as Job<JobEnvelope>, 'completed')),
          ...failed.map((job) => endedSnapshot(job as Job<JobEnvelope>, 'failed')),
        ]);
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
