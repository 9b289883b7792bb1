import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { effects } from '../../src/platform/database/index.js';
import type { NewUser } from '../../src/users/dto/create-user.dto.js';
import { ListUsersQuery } from '../../src/users/dto/list-users.dto.js';
import type { User } from '../../src/users/dto/user.dto.js';
import { EMAIL_TAKEN } from '../../src/users/users.errors.js';
import {
  because,
  newUser,
  openAccountRepositories,
  outcomes,
  type AccountRepositories,
} from '../support/account-repositories.js';

let accounts: AccountRepositories;
let users: AccountRepositories['users'];
let create: AccountRepositories['create'];
let dataSource: AccountRepositories['dataSource'];

beforeAll(async () => {
  accounts = await openAccountRepositories();
  ({ users, create, dataSource } = accounts);
}, 120_000);

afterAll(() => accounts.close());

const query = (fields: Partial<ListUsersQuery> = {}): ListUsersQuery =>
  Object.assign(new ListUsersQuery(), fields);

describe('creating', () => {
  test('stores the account and gives back what others may see of it', async () => {
    const wanted = newUser({ password_hash: 'secret', metadata: 1 } as Partial<NewUser>);
    const user = await users.create(wanted, effects());
    expect(user).toMatchObject({
      id: wanted.id,
      name: 'Ada Lovelace',
      email: wanted.email,
      metadata: {},
      sync_status: 'SYNCED',
      last_login_at: null,
      avatar_url: null,
      version: 1,
    });
    expect(user.created_at).toBeInstanceOf(Date);
    expect(Object.keys(user)).not.toContain('password_hash');
    expect(await users.find(wanted.id)).toEqual(user);
  });

  test('writes the effects with the account', async () => {
    const user = newUser();
    await users.create(user, effects().audited('USER_CREATED', { target: user.id }));
    const rows = await dataSource.query('SELECT action FROM audit_logs WHERE target_id = $1', [user.id]);
    expect(rows).toEqual([{ action: 'USER_CREATED' }]);
  });

  test('refuses an address that differs only in case, and writes no effects then', async () => {
    await create({ email: 'Grace@Example.com' });
    const twin = newUser({ email: 'gRACE@example.COM' });
    const refused = users.create(twin, effects().audited('USER_CREATED', { target: twin.id }));
    await expect(refused).rejects.toMatchObject(because(EMAIL_TAKEN));
    expect(await dataSource.query('SELECT 1 FROM audit_logs WHERE target_id = $1', [twin.id])).toEqual([]);
  });

  test('lets one of two who take the same address at once have it', async () => {
    const email = 'race@example.com';
    const results = await Promise.allSettled([create({ email }), create({ email: 'RACE@example.com' })]);
    expect(outcomes(results)).toEqual(['fulfilled', 'rejected']);
    const lost = results.find((result) => result.status === 'rejected');
    expect(EMAIL_TAKEN.matches(lost?.reason)).toBe(true);
  });
});

describe('finding', () => {
  test('finds by address without regard to case', async () => {
    const user = await create({ email: 'Joan@Example.com' });
    expect((await users.findByEmail(' joan@example.COM'))?.id).toBe(user.id);
    expect(await users.emailExists('JOAN@EXAMPLE.COM')).toBe(true);
    expect(await users.emailExists('nobody@example.com')).toBe(false);
  });

  test('does not find a deleted account but keeps its address', async () => {
    const user = await create({ email: 'gone@example.com' });
    await users.delete(user.id, user.version, effects());
    expect(await users.find(user.id)).toBeNull();
    expect(await users.findByEmail('gone@example.com')).toBeNull();
    expect(await users.emailExists('gone@example.com')).toBe(true);
    await expect(create({ email: 'gone@example.com' })).rejects.toMatchObject(because(EMAIL_TAKEN));
  });
});

describe('listing', () => {
  let listed: User[];

  beforeAll(async () => {
    listed = [];
    for (const name of ['zz-list Beta 100%', 'zz-list Alpha 1_0', 'zz-list Gamma \\o/']) {
      listed.push(await create({ name, role: name.includes('Beta') ? 'moderator' : 'user' }));
    }
  });

  const names = async (fields: Partial<ListUsersQuery>) =>
    (await users.list(query({ search: 'zz-list', sort: 'name', order: 'asc', ...fields }))).data.map(
      ({ name }) => name,
    );

  test('sorts, pages and counts', async () => {
    const page = await users.list(query({ search: 'zz-list', sort: 'name', order: 'asc', page: 1, size: 2 }));
    expect(page).toMatchObject({ page: 1, size: 2, total: 3 });
    expect(page.data.map(({ name }) => name)).toEqual(['zz-list Gamma \\o/']);
    expect(await names({ order: 'desc' })).toEqual(
      listed
        .map(({ name }) => name)
        .sort()
        .reverse(),
    );
  });

  test('takes what was searched for literally', async () => {
    expect(await names({ search: '100%' })).toEqual(['zz-list Beta 100%']);
    expect(await names({ search: '1_0' })).toEqual(['zz-list Alpha 1_0']);
    expect(await names({ search: '\\o/' })).toEqual(['zz-list Gamma \\o/']);
    expect(await names({ search: `'; DROP TABLE users; --` })).toEqual([]);
  });

  test('searches names and addresses without regard to case', async () => {
    expect(await names({ search: 'ZZ-LIST GAMMA' })).toHaveLength(1);
    expect(await names({ search: listed[0]!.email.toUpperCase() })).toContain('zz-list Beta 100%');
  });

  test('filters by role, by status and by time', async () => {
    expect(await names({ role: 'moderator' })).toEqual(['zz-list Beta 100%']);
    expect(await names({ status: 'suspended' })).toEqual([]);
    const second = listed[1]!.created_at;
    expect(await names({ created_after: second })).not.toContain(listed[1]!.name);
    expect(await names({ created_before: listed[0]!.created_at })).toEqual([]);
  });

  test('leaves deleted accounts out unless asked for them', async () => {
    const user = await create({ name: 'zz-deleted' });
    await users.delete(user.id, 1, effects());
    expect(await names({ search: 'zz-deleted' })).toEqual([]);
    expect(await names({ search: 'zz-deleted', status: 'deleted' })).toEqual(['zz-deleted']);
  });

  test.each(['created_at', 'updated_at', 'last_login_at', 'name', 'email'] as const)(
    'sorts by %s',
    async (sort) => {
      expect((await users.list(query({ sort }))).data.length).toBeGreaterThan(0);
    },
  );
});

describe('updating', () => {
  test('writes the fields that are present and raises the version', async () => {
    const user = await create();
    const metadata = { theme: 'dark', nested: { list: [1, null, 'x'] }, constructor: 'data' };
    const updated = await users.update(
      user.id,
      1,
      { name: 'Ada King', metadata, email: undefined },
      effects(),
    );
    expect(updated).toMatchObject({
      name: 'Ada King',
      email: user.email,
      metadata,
      version: 2,
      email_verified: true,
    });
    expect(await users.find(user.id)).toEqual(updated);
  });

  test('removes a picture', async () => {
    const user = await create();
    await users.update(user.id, 1, { avatar_url: 'https://example.com/a.png' }, effects());
    expect((await users.update(user.id, 2, { avatar_url: null }, effects())).avatar_url).toBeNull();
  });

  test('makes a new address unverified', async () => {
    const user = await create();
    const recased = await users.update(user.id, 1, { email: user.email.toUpperCase() }, effects());
    expect(recased).toMatchObject({ email: user.email.toUpperCase(), email_verified: true });
    const moved = await users.update(user.id, 2, { email: `moved-${user.email}` }, effects());
    expect(moved.email_verified).toBe(false);
  });

  test('refuses a taken address', async () => {
    const [one, other] = [await create(), await create()];
    const taken = users.update(one.id, 1, { email: other.email.toUpperCase() }, effects());
    await expect(taken).rejects.toMatchObject(because(EMAIL_TAKEN));
  });

  test('refuses a stale version, and lets one of two writers at once through', async () => {
    const user = await create();
    const results = await Promise.allSettled(
      ['one', 'two'].map((name) => users.update(user.id, 1, { name }, effects())),
    );
    expect(outcomes(results)).toEqual(['fulfilled', 'rejected']);
    await expect(users.update(user.id, 1, { name: 'three' }, effects())).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    });
    expect((await users.find(user.id))?.version).toBe(2);
  });
});

describe('deleting', () => {
  test('ends all access in the same statement and is refused the second time', async () => {
    const user = await create();
    await users.delete(user.id, 1, effects());
    const [row] = await dataSource.query('SELECT status, access_epoch, deleted_at FROM users WHERE id = $1', [
      user.id,
    ]);
    expect(row).toMatchObject({ status: 'deleted', access_epoch: 1, deleted_at: expect.any(Date) });
    await expect(users.delete(user.id, 2, effects())).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
  });
});
