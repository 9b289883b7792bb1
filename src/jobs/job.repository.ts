import { Effects } from '../platform/database/index.js';
import { listOf, Nothing, nullable, RemotePort } from '../platform/deployment/index.js';
import { Job } from './dto/job.dto.js';
import { JobFilter } from './job-filter.js';

/** Port: the records of jobs, for reading and for retention. They are written through the queue's own JobRecorder. */
@RemotePort<JobRepository>({
  find: { args: [String], result: nullable(Job), idempotent: true },
  list: { args: [JobFilter], result: listOf(Job), idempotent: true },
  deleteFinished: { args: [Date, Number], result: Number, idempotent: true },
  recordRequest: { args: [Effects], result: Nothing },
})
export abstract class JobRepository {
  /** The job with its log lines, or null. */
  abstract find(id: string): Promise<Job | null>;

  /** Up to `filter.limit` jobs, newest first, without log lines. */
  abstract list(filter: JobFilter): Promise<Job[]>;

  /**
   * Deletes up to `limit` records of jobs that finished before a moment, oldest first.
   * @returns how many were deleted
   */
  abstract deleteFinished(before: Date, limit: number): Promise<number>;

  /** Writes the effects of a request for a job. The queue may be in Redis: no transaction spans both. */
  abstract recordRequest(effects: Effects): Promise<void>;
}
