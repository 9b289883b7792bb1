/**
 * Queue: declared job types, enqueueing, workers, and the port through which the record of every job is kept. BullMQ
 * is known here and nowhere else.
 */
export { defineJob, findJob, knownJobs } from './job-definition.js';
export type { JobDefinition, JobOptions, RetryPolicy } from './job-definition.js';
export { JobHandler } from './job-handler.js';
export type { JobContext, JobWork } from './job-handler.js';
export { JobQueue } from './job-queue.js';
export type { Enqueued, EnqueueOptions, JobRow } from './job-queue.js';
export { JobRecorder, JobSnapshot } from './job-recorder.js';
export { JOB_STATES } from './job-state.js';
export type { JobState } from './job-state.js';
export { PermanentFailure } from './permanent-failure.js';
export { PRIORITIES } from './priority.js';
export type { Priority } from './priority.js';
export { prepareQueueSchema } from './queue-connection.js';
export { QueueModule } from './queue.module.js';
export type { QueueModuleOptions } from './queue.module.js';
export * from './queue.errors.js';
export { WorkerHost } from './worker-host.js';
