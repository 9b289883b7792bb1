import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { effects, newId } from '../../src/platform/database/index.js';
import { type ListStart, ListUsersQuery, USER_SORT_FIELDS } from '../../src/users/dto/list-users.dto.js';
import type { User } from '../../src/users/dto/user.dto.js';
import { UsersService } from '../../src/users/users.service.js';
import { countOf, pageOf, sliceOf, type Statement } from '../../src/users/user-list.query.js';
import { openAccountRepositories, type AccountRepositories } from '../support/account-repositories.js';
import { strictMock } from '../support/strict-mock.js';

const ROWS = 20_000;
const ORDERS = USER_SORT_FIELDS.flatMap((sort) => [[sort, 'asc'] as const, [sort, 'desc'] as const]);

let accounts: AccountRepositories;
let service: UsersService;

beforeAll(async () => {
  accounts = await openAccountRepositories();
  service = new UsersService(accounts.users, strictMock('AccessCuts', {}));
  // Few different values, so that many rows tie; a fifth never signed in; some are deleted, some are shut out.
  await accounts.dataSource.query(
    `INSERT INTO users (id, metadata, name, email, role, status, last_login_at, created_at, updated_at, deleted_at)
     SELECT gen_random_uuid(), jsonb_build_object('text', repeat('x', 500)), 'Name ' || n % 500, md5(n::text) || '.' || n || '@Example.test',
       CASE WHEN n % 1000 = 1 THEN 'admin' ELSE 'user' END,
       CASE WHEN n % 50 = 0 THEN 'deleted' WHEN n % 400 = 7 THEN 'suspended' ELSE 'active' END,
       CASE WHEN n % 5 = 0 THEN NULL ELSE timestamptz '2026-01-01' + n % 300 * interval '1 hour' END,
       timestamptz '2026-01-01' + n / 20 * interval '1 minute',
       timestamptz '2026-01-01' + n % 700 * interval '1 minute',
       CASE WHEN n % 50 = 0 THEN now() END
     FROM generate_series(1, $1::int) n`,
    [ROWS],
  );
  await accounts.dataSource.query('VACUUM ANALYZE users');
}, 120_000);

afterAll(() => accounts.close());

const query = (fields: Partial<ListUsersQuery> = {}): ListUsersQuery =>
  Object.assign(new ListUsersQuery(), fields);

/** The kinds of nodes in the plan of a statement, and the indexes it uses. */
async function planOf({ text, values }: Statement): Promise<{ nodes: string[]; indexes: string[] }> {
  interface Node {
    'Node Type': string;
    'Index Name'?: string;
    'Index Cond'?: string;
    Plans?: Node[];
  }
  const [row] = await accounts.dataSource.query(`EXPLAIN (FORMAT JSON) ${text}`, values);
  const all: Node[] = [];
  const walk = (node: Node): void => {
    all.push(node);
    node.Plans?.forEach(walk);
  };
  walk(row['QUERY PLAN'][0].Plan as Node);
  return {
    nodes: all.map((node) => node['Node Type']),
    indexes: all.flatMap((node) =>
      node['Index Name'] ? [`${node['Index Name']} ${node['Index Cond'] ?? ''}`] : [],
    ),
  };
}

/** Reads a list to its end. */
async function readAll(list: ListUsersQuery): Promise<User[]> {
  const all: User[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = await service.listFrom({ ...list, cursor });
    all.push(...page.data);
    cursor = page.next_cursor;
  }
  return all;
}

const ids = (users: User[]): string[] => users.map(({ id }) => id);

describe('a list by cursor', () => {
  test.each(ORDERS)(
    'by %s %s has every account once, in the order of numbered pages',
    async (sort, order) => {
      const list = query({ sort, order, size: 97, role: 'admin' });
      const few = await readAll(list);
      expect(ids(few)).toEqual(ids((await accounts.users.list({ ...list, size: 100 })).data));
      const all = await readAll(query({ sort, order, size: 5_000 }));
      expect(new Set(ids(all)).size).toBe(ROWS * 0.98);
      // Where the sequence of two rows is one of time or of ASCII text, JavaScript agrees with the database.
      const key = (user: User): string | number =>
        sort === 'email'
          ? user.email.toLowerCase()
          : sort === 'name'
            ? 0
            : (user[sort]?.getTime() ?? -Infinity);
      const sign = order === 'asc' ? 1 : -1;
      const isSorted = all.every((user, at) => {
        const before = at === 0 ? user : all[at - 1]!;
        return key(before) === key(user)
          ? sort === 'name' || at === 0 || sign * (before.id < user.id ? 1 : -1) > 0
          : sign * (key(before) < key(user) ? 1 : -1) > 0;
      });
      expect(isSorted).toBe(true);
    },
  );

  test.each(ORDERS)('by %s %s is read back as it was read on', async (sort, order) => {
    const list = query({ sort, order, size: 7, status: 'suspended' });
    const pages: string[][] = [];
    let page = await service.listFrom({ ...list, cursor: '' });
    expect(page.prev_cursor).toBeNull();
    for (pages.push(ids(page.data)); page.next_cursor !== null; pages.push(ids(page.data))) {
      page = await service.listFrom({ ...list, cursor: page.next_cursor });
    }
    expect(pages.flat()).toHaveLength(ROWS / 400);
    for (let at = pages.length - 2; at >= 0; at--) {
      page = await service.listFrom({ ...list, cursor: page.prev_cursor! });
      expect(ids(page.data)).toEqual(pages[at]);
      expect(page.next_cursor).not.toBeNull();
    }
    expect(page.prev_cursor).toBeNull();
  });

  test('keeps its place while accounts come and go', async () => {
    const list = query({ search: 'moving target', sort: 'name', order: 'asc', size: 2 });
    const made: User[] = [];
    for (const letter of 'bdfhj') made.push(await accounts.create({ name: `moving target ${letter}` }));
    const first = await service.listFrom({ ...list, cursor: '' });
    expect(ids(first.data)).toEqual(ids(made.slice(0, 2)));
    // The row that the cursor names goes, one comes before it and one behind.
    await accounts.users.delete(made[1]!.id, 1, effects());
    await accounts.create({ name: 'moving target a' });
    const behind = await accounts.create({ name: 'moving target e' });
    const second = await service.listFrom({ ...list, cursor: first.next_cursor! });
    expect(ids(second.data)).toEqual([behind.id, made[2]!.id]);
  });

  test('holds a name that cannot be confused with the cursor’s own signs', async () => {
    const names = ['quote "," quote', 'back\\slash', '🦊'.repeat(100)];
    for (const name of names) await accounts.create({ name });
    const list = query({ sort: 'name', order: 'asc', created_after: new Date('2026-06-01'), size: 1 });
    const seen = (await readAll(list)).map(({ name }) => name);
    expect(seen).toEqual(expect.arrayContaining(names));
  });
});

describe('a page of a long list', () => {
  // An index tells alone only of pages that a VACUUM has seen unchanged.
  beforeAll(() => accounts.dataSource.query('VACUUM ANALYZE users'));

  /** A place in the middle. */
  const middle = (backwards: boolean, value: string): ListStart => ({ value, id: newId(), backwards });
  const PLACES = {
    created_at: '2026-01-01T08:00:00.000Z',
    updated_at: '2026-01-01T06:00:00.000Z',
    last_login_at: '2026-01-06T00:00:00.000Z',
    name: 'Name 250',
    email: '8',
  };

  test.each(ORDERS)(
    'by %s %s is read from an index: nothing sorted, no table walked',
    async (sort, order) => {
      const list = query({ sort, order });
      for (const statement of [
        pageOf(list),
        sliceOf(list),
        sliceOf(list, middle(false, PLACES[sort])),
        sliceOf(list, middle(true, PLACES[sort])),
        sliceOf(query({ sort, order, status: 'active', role: 'user' }), middle(false, PLACES[sort])),
      ]) {
        expect((await planOf(statement)).nodes).toEqual(['Limit', 'Index Scan']);
      }
      const index = sort === 'email' ? 'uq_users_email' : `ix_users_${sort}`;
      const { indexes } = await planOf(sliceOf(list, middle(false, PLACES[sort])));
      // All of the place stands in the condition of the index: what comes before it is not even looked at.
      expect(indexes).toEqual([
        expect.stringMatching(new RegExp(`^${index} \\(.*${sort === 'email' ? '' : 'id'}`)),
      ]);
    },
  );

  test('by time of accounts that are deleted is read from an index as well', async () => {
    const list = query({ status: 'deleted' });
    const { nodes, indexes } = await planOf(sliceOf(list, middle(false, PLACES.created_at)));
    expect([nodes, indexes]).toEqual([
      ['Limit', 'Index Scan'],
      [expect.stringContaining('ix_users_deleted')],
    ]);
  });

  test.each<Partial<ListUsersQuery>>([
    {},
    { role: 'admin' },
    { status: 'suspended' },
    { role: 'user', status: 'active' },
    { created_after: new Date('2026-01-01T08:00:00Z') },
  ])('is counted in an index alone: %j', async (fields) => {
    const { nodes } = await planOf(countOf(query(fields)));
    expect(nodes.filter((node) => node.includes('Scan'))).toEqual(['Index Only Scan']);
  });
});

describe('a search', () => {
  test('for part of a name or an address is answered by trigrams', async () => {
    const found = await accounts.create({ name: 'Needle In The Haystack' });
    const wanted = query({ search: 'LE IN THE HAY' });
    const { nodes, indexes } = await planOf(countOf(wanted));
    expect(nodes).toContain('Bitmap Index Scan');
    expect(new Set(indexes.map((each) => each.split(' ')[0]))).toEqual(new Set(['ix_users_search']));
    expect(ids((await accounts.users.list(wanted)).data)).toEqual([found.id]);
    expect(ids(await readAll(wanted))).toEqual([found.id]);
  });
});
