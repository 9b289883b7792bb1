import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { forReason, ID, sampleUser } from '../../test/support/sample-user.js';
import { ListUsersQuery, USER_SORT_FIELDS } from './dto/list-users.dto.js';
import { decodeUserCursor, encodeUserCursor } from './user-cursor.js';

const query = (fields: Partial<ListUsersQuery> = {}): ListUsersQuery =>
  Object.assign(new ListUsersQuery(), fields);
const INVALID = { code: 'VALIDATION_FAILED', ...forReason('INVALID_USER_CURSOR') };

const refused = (list: ListUsersQuery, cursor: string): void => {
  let thrown: unknown;
  try {
    decodeUserCursor(list, cursor);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject(INVALID);
};

/** A cursor as somebody makes it who has read the source. */
function forged(list: ListUsersQuery, place: unknown): string {
  const text = typeof place === 'string' ? place : JSON.stringify(place);
  const bound = [1, list.sort, list.order, list.search ?? '', list.role, list.status, null, null];
  const digest = createHash('sha256')
    .update(JSON.stringify([bound, text]))
    .digest()
    .subarray(0, 12);
  return Buffer.concat([digest, Buffer.from(text)]).toString('base64url');
}

describe('a cursor', () => {
  const user = sampleUser({
    name: 'Zoë 🦊',
    email: 'Ada@Example.COM',
    last_login_at: null,
    created_at: new Date('2026-01-01T12:00:00.123Z'),
  });
  const VALUES = {
    created_at: '2026-01-01T12:00:00.123Z',
    updated_at: '1970-01-01T00:00:00.000Z',
    last_login_at: '-infinity',
    name: 'Zoë 🦊',
    email: 'ada@example.com',
  };

  test.each(USER_SORT_FIELDS)('holds the place of an account in the list by %s', (sort) => {
    for (const backwards of [false, true]) {
      const cursor = encodeUserCursor(query({ sort }), user, backwards);
      expect(cursor).toMatch(/^[\w-]+$/);
      expect(decodeUserCursor(query({ sort }), cursor)).toEqual({ value: VALUES[sort], id: ID, backwards });
    }
  });

  test('that is empty is the beginning', () => {
    expect(decodeUserCursor(query(), '')).toBeUndefined();
  });

  test('goes with pages of any size', () => {
    const cursor = encodeUserCursor(query({ size: 10 }), user, false);
    expect(decodeUserCursor(query({ size: 100 }), cursor)).toMatchObject({ id: ID });
  });

  test.each<Partial<ListUsersQuery>>([
    { sort: 'updated_at' },
    { order: 'asc' },
    { search: 'ada' },
    { role: 'admin' },
    { status: 'active' },
    { created_after: new Date(0) },
    { created_before: new Date(0) },
  ])('is refused by the list with %j', (fields) => {
    refused(query(fields), encodeUserCursor(query(), user, false));
  });

  test('that was damaged is refused, wherever', () => {
    const cursor = encodeUserCursor(query(), user, false);
    for (let at = 0; at < cursor.length; at++) {
      const other = cursor[at] === 'A' ? 'B' : 'A';
      refused(query(), `${cursor.slice(0, at)}${other}${cursor.slice(at + 1)}`);
    }
    refused(query(), cursor.slice(0, -1));
    refused(query(), `${cursor}A`);
    refused(query(), `${cursor}=`);
  });

  test.each(['x', 'AAAA', 'eyJpZCI6MX0', 'A'.repeat(2048), '..', 'ünï'])('%j is refused', (junk) => {
    refused(query(), junk);
  });

  test('that was forged names a place in the list or is refused', () => {
    const time = '2026-01-01T12:00:00.123Z';
    expect(decodeUserCursor(query(), forged(query(), [time, ID, false]))).toMatchObject({ value: time });
    for (const place of [
      'no JSON',
      null,
      [],
      [time, ID],
      [time, ID, false, 1],
      [time, 'x', false],
      [time, ID, 1],
      [5, ID, false],
      ['yesterday', ID, false],
      ['2026-01-01', ID, false],
      ['-infinity', ID, false],
      ['infinity', ID, false],
      // Times that JavaScript writes so and PostgreSQL does not read.
      ['0000-01-01T00:00:00.000Z', ID, false],
      ['-000001-01-01T00:00:00.000Z', ID, false],
      ['+275760-09-13T00:00:00.000Z', ID, false],
    ]) {
      refused(query(), forged(query(), place));
    }
    const byName = query({ sort: 'name' });
    for (const name of ['a\0b', 'x'.repeat(401), '\ud83d'])
      refused(byName, forged(byName, [name, ID, false]));
  });
});
