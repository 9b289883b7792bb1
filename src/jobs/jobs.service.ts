import { Injectable } from '@nestjs/common';
import { effects } from '../platform/database/index.js';
import { Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { JobQueue } from '../platform/queue/index.js';
import { currentPrincipal, permits } from '../platform/security/index.js';
import { EnqueueJob } from './dto/enqueue-job.dto.js';
import { EnqueuedJob, Job, JobPage } from './dto/job.dto.js';
import { ListJobsQuery } from './dto/list-jobs.dto.js';
import { decodeCursor, encodeCursor } from './job-cursor.js';
import { JobRepository } from './job.repository.js';
import { JOB_NOT_FOUND } from './jobs.errors.js';

/** Jobs as seen from outside: found, read, and asked for. */
@Injectable()
export class JobsService {
  constructor(
    private readonly jobs: JobRepository,
    private readonly queue: JobQueue,
  ) {}

  /** One page, newest first. @throws INVALID_JOB_CURSOR */
  @Remote({ args: [ListJobsQuery], result: JobPage, idempotent: true })
  async list(query: ListJobsQuery): Promise<JobPage> {
    const { cursor, name, size, type = name, ...conditions } = query;
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const found = await this.jobs.list({ ...conditions, type, after, limit: size + 1 });
    const data = found.slice(0, size);
    const last = data.at(-1);
    return { data, next_cursor: found.length > size && last ? encodeCursor(last) : null };
  }

  /** One job with its log lines. @throws JOB_NOT_FOUND */
  @Remote({ args: [String], result: Job, idempotent: true })
  async get(id: string): Promise<Job> {
    const job = await this.jobs.find(id);
    if (!job) throw JOB_NOT_FOUND.error();
    return job;
  }

  /**
   * Enqueues a job for the caller, who needs the permission that the job's type declares. That they asked for it is
   * audited before, for the queue takes part in no transaction: nothing is enqueued of which the audit log does not know.
   * @throws UNKNOWN_JOB_TYPE, JOB_TYPE_INTERNAL, FORBIDDEN, VALIDATION_FAILED naming every broken field of the payload,
   *   PAYLOAD_TOO_LARGE, SERVICE_UNAVAILABLE at once when the queue cannot be reached
   */
  @Remote({ args: [EnqueueJob], result: EnqueuedJob })
  async enqueue(request: EnqueueJob): Promise<EnqueuedJob> {
    const permission = this.queue.enqueuePermission(request.type);
    if (!permits(currentPrincipal(), permission)) throw new AppError('FORBIDDEN');
    await this.jobs.recordRequest(effects().audited('JOB_REQUESTED', { details: { type: request.type } }));
    const { id, deduplicated } = await this.queue.enqueueByType(request.type, request.payload ?? {}, {
      priority: request.priority,
      at: request.scheduled_at,
      tags: request.tags,
      correlationId: request.correlation_id,
      uniqueKey: request.unique_key,
    });
    const job = await this.jobs.find(id);
    if (!job) {
      const message = `The job ${id} was enqueued, but its record is not there yet.`;
      throw new AppError('SERVICE_UNAVAILABLE', { message, retryAfterSeconds: 2 });
    }
    return Object.assign(new EnqueuedJob(), job, { deduplicated });
  }
}
