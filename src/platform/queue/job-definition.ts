import type { ArcanaConfig } from '../config/index.js';
import type { JobDeclaration } from '../database/index.js';
import type { Permission } from '../security/index.js';
import { isPriority, type Priority } from './priority.js';

/** What happens after a failed attempt. Delays in milliseconds. */
export interface RetryPolicy {
  /** `fixed`: always delayMs; `linear`: n times delayMs; `exponential`: delayMs doubled every time. */
  readonly strategy: 'fixed' | 'linear' | 'exponential';
  /** Attempts in all, the first one included: 1 means no retry. */
  readonly attempts: number;
  readonly delayMs: number;
  /** No delay is longer. */
  readonly maxDelayMs: number;
  /** Share of the delay, 0 to 1, that is drawn at random, so that jobs that failed together do not return together. */
  readonly jitter: number;
}

/** When a job comes again by itself, with an empty payload. */
export interface Repetition {
  /** Milliseconds from one enqueueing to the next. */
  readonly everyMs: number;
  /** Whether it does at all; absent: always. */
  readonly when?: (config: ArcanaConfig) => boolean;
}

export interface JobOptions<T extends object> {
  /** Wire name, lower case, parts joined by dots: `email.welcome`. */
  readonly type: string;
  /** Jobs of one queue share its workers. Lower case letters, digits, `-` and `_`. */
  readonly queue: string;
  readonly priority?: Priority;
  readonly retry?: Partial<RetryPolicy>;
  /** Time one attempt may take: then its signal is aborted, and a grace later the attempt counts as failed. */
  readonly timeoutMs?: number;
  /** Class with class-validator rules that every payload must satisfy. Row ids, never tokens or passwords. */
  readonly schema: new () => T;
  /** Version of the payload's shape. */
  readonly version?: number;
  /** Lets callers who hold it enqueue this type through the API; without one, nobody can from outside. */
  readonly enqueuePermission?: Permission;
  /** Enqueued by the platform itself, by one process for all. */
  readonly repeat?: Repetition;
}

/** One type of job. Made by {@link defineJob}, used to enqueue and to name its handler. */
export interface JobDefinition<T extends object> extends JobDeclaration<T> {
  readonly schema: new () => T;
  readonly priority: Priority;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly enqueuePermission?: Permission;
  readonly repeat?: Repetition;
}

const DEFAULT_RETRY: RetryPolicy = {
  strategy: 'exponential',
  attempts: 3,
  delayMs: 5_000,
  maxDelayMs: 600_000,
  jitter: 0.1,
};
const DEFAULT_TIMEOUT_MS = 60_000;
const DAY_MS = 86_400_000;

const TYPE = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
const QUEUE = /^[a-z][a-z0-9_-]{0,62}$/;

const known = new Map<string, JobDefinition<object>>();

/**
 * Declares a type of job, once, beside its payload class.
 * @throws Error in one sentence when an option is bad or the type is declared twice: at import, so at boot.
 */
export function defineJob<T extends object>(options: JobOptions<T>): JobDefinition<T> {
  const definition: JobDefinition<T> = Object.freeze({
    type: options.type,
    version: options.version ?? 1,
    queue: options.queue,
    schema: options.schema,
    priority: options.priority ?? 'normal',
    retry: Object.freeze({ ...DEFAULT_RETRY, ...options.retry }),
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ...(options.enqueuePermission !== undefined && { enqueuePermission: options.enqueuePermission }),
    ...(options.repeat && { repeat: Object.freeze({ ...options.repeat }) }),
  });
  const complaint = complaintAbout(definition);
  if (complaint) throw new Error(`The job type ${String(options.type)} ${complaint}.`);
  if (known.has(definition.type))
    throw new Error(`The job type ${definition.type} is declared twice: rename one.`);
  known.set(definition.type, definition);
  return definition;
}

/** Every type declared so far in this process. */
export const knownJobs = (): JobDefinition<object>[] => [...known.values()];

/** The declaration of a type, if this release knows it. */
export const findJob = (type: string): JobDefinition<object> | undefined => known.get(type);

function complaintAbout({
  type,
  queue,
  version,
  priority,
  retry,
  timeoutMs,
  repeat,
}: JobDefinition<object>): string | undefined {
  if (typeof type !== 'string' || !TYPE.test(type)) return 'must be named like email.welcome';
  if (!QUEUE.test(queue))
    return `has a bad queue name ${JSON.stringify(queue)}: use lower case letters, digits, - and _`;
  if (!Number.isInteger(version) || version < 1) return 'needs a whole version of at least 1';
  if (!isPriority(priority))
    return `has the unknown priority ${JSON.stringify(priority)}: use low, normal, high or critical`;
  if (!within(timeoutMs, 1, DAY_MS)) return 'needs a timeoutMs between 1 and one day';
  if (!['fixed', 'linear', 'exponential'].includes(retry.strategy)) {
    return `has the unknown retry strategy ${JSON.stringify(retry.strategy)}: use fixed, linear or exponential`;
  }
  if (!within(retry.attempts, 1, 100)) return 'needs between 1 and 100 retry.attempts';
  if (!within(retry.delayMs, 0, DAY_MS)) return 'needs a retry.delayMs between 0 and one day';
  if (!within(retry.maxDelayMs, retry.delayMs, DAY_MS))
    return 'needs a retry.maxDelayMs between delayMs and one day';
  if (!(retry.jitter >= 0 && retry.jitter <= 1)) return 'needs a retry.jitter between 0 and 1';
  if (repeat && !within(repeat.everyMs, 1_000, DAY_MS))
    return 'needs a repeat.everyMs between a second and one day';
  return undefined;
}

const within = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;
