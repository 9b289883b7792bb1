import { AppError } from '../errors/index.js';
import type { EnqueueOptions } from './job-queue.js';
import { isPriority, type Priority } from './priority.js';
import { INVALID_JOB_PRIORITY, INVALID_JOB_TAGS, INVALID_JOB_TIME } from './queue.errors.js';

const YEAR_MS = 366 * 86_400_000;
const MAX_TAGS = 20;
const TAG = /^[^\0]{1,64}$/;
const UNIQUE_KEY = /^[^\0:]{1,128}$/;

/** @throws INVALID_JOB_PRIORITY for anything but one of the four words: the queue itself would take 0 or -1. */
export function checkPriority(priority: unknown): Priority {
  if (!isPriority(priority)) throw INVALID_JOB_PRIORITY.error();
  return priority;
}

/**
 * When the job may start; undefined = at once.
 * @throws INVALID_JOB_TIME in the past or more than a year ahead
 */
export function checkTime(
  { delayMs, at }: Pick<EnqueueOptions, 'delayMs' | 'at'>,
  now: number,
): Date | undefined {
  if (delayMs !== undefined && at !== undefined) {
    throw INVALID_JOB_TIME.error({ message: 'Give either a delay or a time, not both.' });
  }
  if (delayMs === undefined && at === undefined) return undefined;
  const delay = delayMs ?? at!.getTime() - now;
  if (!(delay >= 0 && delay <= YEAR_MS)) throw INVALID_JOB_TIME.error();
  return delay === 0 ? undefined : new Date(now + Math.floor(delay));
}

/** PostgreSQL stores no half of a surrogate pair. */
const isTag = (tag: unknown): boolean => typeof tag === 'string' && TAG.test(tag) && tag.isWellFormed();

/** @throws INVALID_JOB_TAGS */
export function checkTags(tags: readonly unknown[]): string[] {
  const unique = [...new Set(tags)];
  if (unique.length > MAX_TAGS || !unique.every(isTag)) {
    throw INVALID_JOB_TAGS.error();
  }
  return unique as string[];
}

/** @throws VALIDATION_FAILED */
export function checkUniqueKey(key: string | undefined): string | undefined {
  if (key === undefined || (UNIQUE_KEY.test(key) && key.isWellFormed())) return key;
  const message = 'unique_key must have 1 to 128 characters and no colon';
  throw new AppError('VALIDATION_FAILED', {
    fields: [{ field: 'unique_key', code: 'INVALID_UNIQUE_KEY', message }],
  });
}
