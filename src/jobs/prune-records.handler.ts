import { Injectable } from '@nestjs/common';
import { ArcanaConfig } from '../platform/config/index.js';
import { JobHandler, type JobContext, type JobWork } from '../platform/queue/index.js';
import { JobRepository } from './job.repository.js';
import { PruneRecords, type PruneRecordsData } from './jobs.jobs.js';

const DAY_MS = 86_400_000;
/** Records deleted in one transaction: few enough that nobody waits for its locks. */
const BATCH = 1_000;

/** Deletes in batches, so that being interrupted loses no work: the next run goes on where this one stopped. */
@Injectable()
@JobHandler(PruneRecords)
export class PruneRecordsHandler implements JobWork<PruneRecordsData> {
  constructor(
    private readonly jobs: JobRepository,
    private readonly config: ArcanaConfig,
  ) {}

  async handle(
    { older_than_days }: PruneRecordsData,
    { signal, log }: JobContext,
  ): Promise<{ deleted: number }> {
    const days = older_than_days ?? this.config.queue.retention_days;
    const before = new Date(Date.now() - days * DAY_MS);
    let deleted = 0;
    let batch: number;
    do {
      signal.throwIfAborted();
      batch = await this.jobs.deleteFinished(before, BATCH);
      deleted += batch;
    } while (batch === BATCH);
    log(`Deleted ${deleted} records of jobs that finished before ${before.toISOString()}.`);
    return { deleted };
  }
}
