import { Job } from './dto/job.dto.js';
import type { JobEntity } from './job.entity.js';

/** What may leave, field by field. */
export const toJob = (row: JobEntity): Job =>
  Object.assign(new Job(), {
    id: row.id,
    queue: row.queue,
    type: row.type,
    state: row.state,
    priority: row.priority,
    payload: row.payload,
    tags: row.tags,
    correlation_id: row.correlation_id,
    unique_key: row.unique_key,
    attempts_made: row.attempts_made,
    max_attempts: row.max_attempts,
    progress: row.progress,
    result: row.result,
    error: row.error,
    worker: row.worker,
    created_at: row.created_at,
    scheduled_at: row.scheduled_at,
    started_at: row.started_at,
    finished_at: row.finished_at,
    ...(row.logs && { logs: row.logs }),
  });
