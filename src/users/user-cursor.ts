import { createHash } from 'node:crypto';
import { isUUID } from 'class-validator';
import { emailKey } from './account-rules.js';
import type { ListStart, ListUsersQuery } from './dto/list-users.dto.js';
import type { User } from './dto/user.dto.js';
import { INVALID_USER_CURSOR } from './users.errors.js';

/** Raised when cursors get another form: those of the past are then refused, not misread. */
const VERSION = 1;
/** Bytes of the digest that a cursor begins with. */
const DIGEST_BYTES = 12;
const NEVER = '-infinity';

/** What a row is sorted by, as a cursor holds it. */
function sortedBy(user: User, sort: ListUsersQuery['sort']): string {
  if (sort === 'name') return user.name;
  if (sort === 'email') return emailKey(user.email);
  return user[sort]?.toISOString() ?? NEVER;
}

/**
 * Binds a place to the list it belongs to. Without a key: whoever forges a cursor reads the list from another place, which
 * is theirs to read; what matters is that a damaged one, or one of another list, is noticed.
 */
function digestOf(query: ListUsersQuery, place: string): Buffer {
  const { sort, order, search, role, status, created_after, created_before } = query;
  const list = [VERSION, sort, order, search ?? '', role, status, created_after, created_before];
  return createHash('sha256')
    .update(JSON.stringify([list, place]))
    .digest()
    .subarray(0, DIGEST_BYTES);
}

/** The place of an account in this list, as opaque text in base64url. */
export function encodeUserCursor(query: ListUsersQuery, user: User, backwards: boolean): string {
  const place = JSON.stringify([sortedBy(user, query.sort), user.id, backwards]);
  return Buffer.concat([digestOf(query, place), Buffer.from(place)]).toString('base64url');
}

/**
 * The place that a cursor names; undefined when it is empty: the beginning.
 * @throws INVALID_USER_CURSOR for anything that {@link encodeUserCursor} did not make for this list
 */
export function decodeUserCursor(query: ListUsersQuery, cursor: string): ListStart | undefined {
  if (cursor === '') return undefined;
  const bytes = Buffer.from(cursor, 'base64url');
  const place = bytes.subarray(DIGEST_BYTES).toString();
  // Node accepts stray characters: only the one way of writing it is taken.
  const isOurs = bytes.toString('base64url') === cursor;
  if (!isOurs || !digestOf(query, place).equals(bytes.subarray(0, DIGEST_BYTES))) {
    throw INVALID_USER_CURSOR.error();
  }
  const start = startIn(place);
  if (!start || !isSortable(query.sort, start.value)) throw INVALID_USER_CURSOR.error();
  return start;
}

/** What was forged to fit is looked at as closely as anything else from outside. */
function startIn(place: string): ListStart | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(place);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 3) return undefined;
  const [value, id, backwards] = parts as unknown[];
  if (typeof value !== 'string' || typeof backwards !== 'boolean' || !isUUID(id)) return undefined;
  return { value, id: id as string, backwards };
}

function isSortable(sort: ListUsersQuery['sort'], value: string): boolean {
  if (sort === 'name' || sort === 'email') {
    return value.length <= 400 && !value.includes('\0') && value.isWellFormed();
  }
  if (value === NEVER) return sort === 'last_login_at';
  // Years of four digits, from 1 on: others are written otherwise there than PostgreSQL reads them.
  if (!/^(?!0000)\d{4}-/.test(value)) return false;
  const time = new Date(value);
  return !Number.isNaN(time.getTime()) && time.toISOString() === value;
}
