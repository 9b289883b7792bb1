import { decodePosition, encodePosition } from '../platform/database/index.js';
import type { JobPosition } from './job-filter.js';
import { INVALID_JOB_CURSOR } from './jobs.errors.js';

/** The place of a job in the order of lists, as opaque text. */
export const encodeCursor = ({ created_at, id }: JobPosition): string =>
  encodePosition({ at: created_at, id });

/** @throws INVALID_JOB_CURSOR for anything that {@link encodeCursor} did not make */
export function decodeCursor(cursor: string): JobPosition {
  const position = decodePosition(cursor);
  if (!position) throw INVALID_JOB_CURSOR.error();
  return { created_at: position.at, id: position.id };
}
