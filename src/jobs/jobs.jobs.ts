import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { defineJob } from '../platform/queue/index.js';

export class PruneRecordsData {
  /** Age in days from which finished jobs are forgotten; absent: queue.retention_days. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(3_650)
  older_than_days?: number;
}

/** Deletes the records of jobs that finished long ago. */
export const PruneRecords = defineJob({
  type: 'queue.prune_records',
  queue: 'maintenance',
  priority: 'low',
  timeoutMs: 600_000,
  schema: PruneRecordsData,
  enqueuePermission: 'jobs:enqueue',
  repeat: { everyMs: 3_600_000 },
});
