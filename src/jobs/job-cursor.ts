import { isUUID } from 'class-validator';
import { INVALID_JOB_CURSOR } from './jobs.errors.js';
import type { JobPosition } from './job-filter.js';

/** The place of a job in the order of lists, as opaque text. */
export const encodeCursor = ({ created_at, id }: JobPosition): string =>
  Buffer.from(`${created_at.getTime()}.${id}`).toString('base64url');

/** @throws INVALID_JOB_CURSOR for anything that {@link encodeCursor} did not make */
export function decodeCursor(cursor: string): JobPosition {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [milliseconds = '', id = '', ...rest] = text.split('.');
  // Node accepts stray characters: only the one way of writing it is taken.
  const isOurs = Buffer.from(text).toString('base64url') === cursor;
  if (!isOurs || rest.length > 0 || !/^\d{1,15}$/.test(milliseconds) || !isUUID(id))
    throw INVALID_JOB_CURSOR.error();
  return { created_at: new Date(Number(milliseconds)), id };
}
