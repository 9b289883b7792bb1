import type { ExportFilter } from './dto/export-users.dto.js';
import type { ListStart, ListUsersQuery, UserSortField } from './dto/list-users.dto.js';

/** SQL with its parameters. */
export interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

/** Written exactly as in the index uq_users_email, so that the planner finds it. */
export const EMAIL_KEY = 'lower(u.email COLLATE "C")';

/**
 * What each list is sorted by, as in the index that answers it. Equal values need one order too, or a row could stand on
 * two pages and another on none: ids give it where addresses, which are unique, do not.
 */
const ORDERS: Readonly<Record<UserSortField, { key: string; type: string; isUnique?: true }>> = {
  created_at: { key: 'u.created_at', type: 'timestamptz' },
  updated_at: { key: 'u.updated_at', type: 'timestamptz' },
  last_login_at: { key: `coalesce(u.last_login_at, '-infinity')`, type: 'timestamptz' },
  name: { key: 'u.name', type: 'text' },
  email: { key: EMAIL_KEY, type: 'text', isUnique: true },
};

/** A page by its number. */
export function pageOf(query: ListUsersQuery): Statement {
  const { condition, values } = conditionOf(query);
  const { page, size } = query;
  return {
    text: `SELECT u.* FROM users u WHERE ${condition} ORDER BY ${orderBy(query)}
      OFFSET ${put(values, page * size)} LIMIT ${put(values, size)}`,
    values,
  };
}

/** How many accounts there are on all pages, as `total`. */
export function countOf(query: ListUsersQuery): Statement {
  const { condition, values } = conditionOf(query);
  return { text: `SELECT count(*) AS total FROM users u WHERE ${condition}`, values };
}

/** What follows on a place, or stands before it, nearest first; one row more than a page has. */
export function sliceOf(query: ListUsersQuery, start?: ListStart): Statement {
  const { condition, values } = conditionOf(query);
  const isReversed = start?.backwards ?? false;
  const place = start ? ` AND ${beyond(query, start, values)}` : '';
  return {
    text: `SELECT u.* FROM users u WHERE ${condition}${place} ORDER BY ${orderBy(query, isReversed)}
      LIMIT ${put(values, query.size + 1)}`,
    values,
  };
}

/** Some of the accounts, by their ids; null: no end on that side. */
export interface IdRange {
  readonly after: string | null;
  /** The last one that belongs to it. */
  readonly end: string | null;
}

/**
 * What matches within a range of ids, in their order: for whoever reads all accounts, however many there are.
 *
 * OFFSET 0 keeps the range apart from the filter. Left alone, the planner may take the index of the search for every
 * batch, find all that match in the whole table and sort them, again and again.
 */
export function batchOf(filter: ExportFilter, { after, end }: IdRange, limit: number): Statement {
  const { condition, values } = conditionOf(filter);
  const bounds = ['TRUE'];
  if (after !== null) bounds.push(`id > ${put(values, after)}`);
  if (end !== null) bounds.push(`id <= ${put(values, end)}`);
  return {
    text: `SELECT u.* FROM (SELECT * FROM users WHERE ${bounds.join(' AND ')} ORDER BY id OFFSET 0) u
      WHERE ${condition} ORDER BY u.id LIMIT ${put(values, limit)}`,
    values,
  };
}

/** Where a range of so many accounts ends; no row when there are fewer. */
export function rangeEndOf(after: string | null, accounts: number): Statement {
  const values: unknown[] = [];
  const place = after === null ? '' : `WHERE id > ${put(values, after)}`;
  return {
    text: `SELECT id FROM users ${place} ORDER BY id OFFSET ${put(values, accounts - 1)} LIMIT 1`,
    values,
  };
}

/** Rows are compared as a whole, `(name, id) > (...)`: that alone is found in an index of both. */
function beyond(query: ListUsersQuery, { value, id, backwards }: ListStart, values: unknown[]): string {
  const { key, type, isUnique } = ORDERS[query.sort];
  const sign = (query.order === 'asc') !== backwards ? '>' : '<';
  const place = `${put(values, value)}::${type}`;
  return isUnique ? `${key} ${sign} ${place}` : `(${key}, u.id) ${sign} (${place}, ${put(values, id)}::uuid)`;
}

function orderBy({ sort, order }: ListUsersQuery, isReversed = false): string {
  const direction = (order === 'asc') === isReversed ? 'DESC' : 'ASC';
  const { key, isUnique } = ORDERS[sort];
  return isUnique ? `${key} ${direction}` : `${key} ${direction}, u.id ${direction}`;
}

function conditionOf(query: ExportFilter): { condition: string; values: unknown[] } {
  const { search, role, status, created_after, created_before } = query;
  const values: unknown[] = [];
  const all = [status ? `u.status = ${put(values, status)}` : `u.status <> 'deleted'`];
  if (role) all.push(`u.role = ${put(values, role)}`);
  if (created_after) all.push(`u.created_at > ${put(values, created_after)}`);
  if (created_before) all.push(`u.created_at < ${put(values, created_before)}`);
  if (search) {
    const pattern = put(values, likeAnywhere(search));
    all.push(`(u.name ILIKE ${pattern} OR u.email ILIKE ${pattern})`);
  }
  return { condition: all.join(' AND '), values };
}

/** Adds a parameter. @returns its name in the text */
const put = (values: unknown[], value: unknown): string => `$${values.push(value)}`;

const likeAnywhere = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;
