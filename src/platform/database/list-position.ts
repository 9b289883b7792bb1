import { isUUID } from 'class-validator';

/** A place in a list that is ordered by a time, ids (UUID) breaking ties. */
export interface ListPosition {
  /** Milliseconds are all that is kept of it. */
  readonly at: Date;
  readonly id: string;
}

/** The place as opaque text, for a cursor. */
export const encodePosition = ({ at, id }: ListPosition): string =>
  Buffer.from(`${at.getTime()}.${id}`).toString('base64url');

/** @returns null for anything that {@link encodePosition} did not make */
export function decodePosition(cursor: string): ListPosition | null {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [milliseconds = '', id = '', ...rest] = text.split('.');
  // Node accepts stray characters: only the one way of writing it is taken.
  const isOurs = Buffer.from(text).toString('base64url') === cursor;
  if (!isOurs || rest.length > 0 || !/^\d{1,15}$/.test(milliseconds) || !isUUID(id)) return null;
  return { at: new Date(Number(milliseconds)), id };
}
