/** Where a job stands, as clients see it. The words are the same in REST and, with a prefix, in gRPC. */
export const JOB_STATES = [
  'PENDING',
  'SCHEDULED',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'DEAD_LETTER',
  'CANCELLED',
] as const;

/** FAILED means that the last attempt failed and another follows; DEAD_LETTER that none does. */
export type JobState = (typeof JOB_STATES)[number];
