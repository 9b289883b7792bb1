import { describe, expect, test } from '@jest/globals';
import { notedCuts } from '../../test/support/access-cuts.js';
import {
  asPrincipal,
  asRole,
  CALLER,
  forReason,
  ID,
  sampleUser,
  summary,
} from '../../test/support/sample-user.js';
import { strictMock } from '../../test/support/strict-mock.js';
import { AppError } from '../platform/errors/index.js';
import type { Role } from '../platform/security/index.js';
import { ListUsersQuery } from './dto/list-users.dto.js';
import { encodeUserCursor } from './user-cursor.js';
import type { UserRepository } from './user.repository.js';
import { UsersService } from './users.service.js';

const user = sampleUser;
const as = asRole;
const code = forReason;

const service = (planned: Partial<UserRepository>) => {
  const users = strictMock<UserRepository>('UserRepository', planned);
  const cuts = notedCuts();
  return { users, cuts, service: new UsersService(users, cuts) };
};

const stale = () => Promise.reject(new AppError('PRECONDITION_FAILED'));
describe('reading', () => {
  test('lists, finds and asks for addresses through the port', async () => {
    const page = { data: [user()], page: 0, size: 10, total: 1 };
    const { service: users } = service({
      list: async () => page,
      find: async () => user(),
      findByEmail: async () => user(),
      emailExists: async () => true,
    });
    expect(await users.list(new ListUsersQuery())).toBe(page);
    expect(await users.get(ID)).toEqual(user());
    expect(await users.getByEmail('ada@example.com')).toEqual(user());
    expect(await users.emailExists('ada@example.com')).toBe(true);
  });

  test('says when there is no such account', async () => {
    const { service: users } = service({ find: async () => null, findByEmail: async () => null });
    await expect(users.get(ID)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(users.getByEmail('x@example.com')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('creating', () => {
  const request = { name: 'Grace', email: 'grace@example.com' };

  test('makes an account without a password, a mail to set one, an event and an audit entry', async () => {
    const { users, service: underTest } = service({ create: async () => user() });
    await as('admin', () => underTest.create(request));
    const [stored, effects] = users.create.mock.calls[0]!;
    expect(stored).toMatchObject({
      ...request,
      role: 'user',
      status: 'pending_verification',
      email_verified: false,
      password_hash: null,
    });
    expect(summary(effects)).toEqual({
      events: [['user.created', { user_id: stored.id, role: 'user' }]],
      jobs: [['email.set_password', { user_id: stored.id }]],
      audit: [
        { action: 'USER_CREATED', target: stored.id, details: { after: { ...request, role: 'user' } } },
      ],
    });
  });

  test.each([
    ['admin', 'admin', true],
    ['admin', 'moderator', true],
    ['admin', 'super_admin', false],
    ['super_admin', 'super_admin', true],
    ['moderator', 'admin', false],
  ] as const)('by %s of a new %s: %s', async (caller, role, isAllowed) => {
    const { users, service: underTest } = service(isAllowed ? { create: async () => user() } : {});
    const creating = as(caller, () => underTest.create({ ...request, role }));
    if (!isAllowed)
      return expect(creating).rejects.toMatchObject({ code: 'FORBIDDEN', ...code('ROLE_ABOVE_OWN') });
    await creating;
    expect(users.create.mock.calls[0]![0].role).toBe(role);
  });

  test('needs somebody who does it', async () => {
    await expect(service({}).service.create(request)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });
});

describe('changing', () => {
  test('writes what differs, for the version that was read, with before and after in the audit log', async () => {
    const { users, service: underTest } = service({
      find: async () => user(),
      update: async () => user({ version: 4 }),
    });
    const changes = { name: 'Ada King', email: 'ada@example.com', metadata: { theme: 'light' } };
    expect((await as('user', () => underTest.update(ID, changes))).version).toBe(4);
    const [id, version, written, effects] = users.update.mock.calls[0]!;
    expect([id, version]).toEqual([ID, 3]);
    expect(JSON.parse(JSON.stringify(written))).toEqual({ name: 'Ada King', metadata: { theme: 'light' } });
    expect(summary(effects)).toEqual({
      events: [['user.updated', { user_id: ID, fields: ['name', 'metadata'] }]],
      jobs: [],
      audit: [
        {
          action: 'USER_UPDATED',
          target: ID,
          details: { fields: ['name', 'metadata'], before: { name: 'Ada' }, after: { name: 'Ada King' } },
        },
      ],
    });
  });

  test('of the address tells that it is no longer verified, unless only its case changes', async () => {
    const { users, service: underTest } = service({ find: async () => user(), update: async () => user() });
    await as('user', () => underTest.update(ID, { email: 'ADA@example.com' }));
    await as('user', () => underTest.update(ID, { email: 'other@example.com' }));
    const fields = users.update.mock.calls.map(
      ([, , , effects]) => (effects.events[0]!.data as { fields: string[] }).fields,
    );
    expect(fields).toEqual([['email'], ['email', 'email_verified']]);
  });

  test.each([
    ['nothing', {}],
    ['equal values', { name: 'Ada', avatar_url: null }],
    ['metadata that is equal but for the order of its keys', { metadata: { list: [1], theme: 'dark' } }],
  ])('with %s writes nothing', async (_, changes) => {
    const { service: underTest } = service({ find: async () => user() });
    expect(await as('user', () => underTest.update(ID, changes))).toEqual(user());
  });

  test.each([
    { metadata: { theme: 'dark', list: { 0: 1 } } },
    { metadata: { theme: 'dark' } },
    { metadata: { theme: null, list: [1] } },
  ])('sees the difference in %j', async (changes) => {
    const { users, service: underTest } = service({ find: async () => user(), update: async () => user() });
    await as('user', () => underTest.update(ID, changes));
    expect(users.update).toHaveBeenCalledTimes(1);
  });

  test('is refused when the account has none of the versions it is meant for', async () => {
    const { service: underTest } = service({ find: async () => user() });
    const late = as('user', () => underTest.update(ID, { name: 'X' }, [1, 2]));
    await expect(late).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
  });

  test('is done again on the new state when somebody else was quicker', async () => {
    const { users, service: underTest } = service({ find: async () => user(), update: stale });
    users.update.mockImplementationOnce(stale).mockResolvedValueOnce(user({ version: 5 }));
    expect((await as('user', () => underTest.update(ID, { name: 'X' }))).version).toBe(5);
    expect(users.find).toHaveBeenCalledTimes(2);
  });

  test('for a named version is not done again: the second look finds another version', async () => {
    const { users, service: underTest } = service({ find: async () => user({ version: 4 }), update: stale });
    users.find.mockResolvedValueOnce(user({ version: 3 }));
    const raced = as('user', () => underTest.update(ID, { name: 'X' }, [3]));
    await expect(raced).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
    expect(users.update).toHaveBeenCalledTimes(1);
  });

  test('gives up when others keep changing the account', async () => {
    const { service: underTest } = service({ find: async () => user(), update: stale });
    const failing = as('user', () => underTest.update(ID, { name: 'X' }));
    await expect(failing).rejects.toMatchObject({ code: 'CONFLICT', grpcStatus: 'ABORTED' });
  });

  test('passes other failures on', async () => {
    const failure = new AppError('SERVICE_UNAVAILABLE');
    const { service: underTest } = service({
      find: async () => user(),
      update: () => Promise.reject(failure),
    });
    await expect(as('user', () => underTest.update(ID, { name: 'X' }))).rejects.toBe(failure);
  });
});

describe('an API key', () => {
  const withKey = <T>(scopes: string[], work: () => Promise<T>): Promise<T> =>
    asPrincipal({ id: CALLER, roles: ['admin'], via: 'api_key', key_id: ID, scopes }, work);

  test('makes no account that may do more than the key', async () => {
    const { service: underTest } = service({ create: async () => user() });
    const create = (role: Role) =>
      withKey(['users:create', 'users:read'], () =>
        underTest.create({ name: 'Grace', email: 'grace@example.com', role }),
      );
    await create('user');
    await expect(create('moderator')).rejects.toMatchObject(code('ROLE_ABOVE_OWN'));
    await expect(create('admin')).rejects.toMatchObject(code('ROLE_ABOVE_OWN'));
  });

  test('changes no account that may do more than the key, be it that of its owner', async () => {
    for (const id of [ID, CALLER]) {
      const { service: underTest } = service({ find: async () => user({ id, role: 'admin' }) });
      const refused = { code: 'FORBIDDEN', ...code('ACCOUNT_ABOVE_OWN') };
      await expect(
        withKey(['users:update'], () => underTest.update(id, { email: 'eve@example.com' })),
      ).rejects.toMatchObject(refused);
    }
  });
});

describe('a super_admin', () => {
  const found = { find: async () => user({ role: 'super_admin' }) };

  test('is not changed by an admin', async () => {
    const { service: underTest } = service(found);
    const refusal = { code: 'FORBIDDEN', ...code('SUPER_ADMIN_PROTECTED') };
    await expect(as('admin', () => underTest.update(ID, { name: 'X' }))).rejects.toMatchObject(refusal);
  });

  test('is changed by a super_admin', async () => {
    const { users, cuts, service: underTest } = service({ ...found, update: async () => user() });
    await as('super_admin', () => underTest.update(ID, { name: 'X' }));
    expect(users.update).toHaveBeenCalledTimes(1);
    expect(cuts.ofProfile).toHaveBeenCalledWith(ID);
  });
});

describe('reading by cursor', () => {
  const rows = ['one', 'two', 'three'].map((name, index) =>
    user({ name, id: ID.replace(/.$/, String(index)), created_at: new Date(index) }),
  );
  const query = (fields: Partial<ListUsersQuery> = {}) =>
    Object.assign(new ListUsersQuery(), { size: 2, cursor: '', ...fields });

  test('goes on from the last account, and back from the first', async () => {
    const { users, service: underTest } = service({ listFrom: async () => rows });
    const first = await underTest.listFrom(query());
    expect(first).toMatchObject({ data: rows.slice(0, 2), prev_cursor: null });
    expect(users.listFrom.mock.calls[0]![1]).toBeUndefined();
    const second = await underTest.listFrom(query({ cursor: first.next_cursor! }));
    const at = { value: rows[1]!.created_at.toISOString(), id: rows[1]!.id };
    expect(users.listFrom.mock.calls[1]![1]).toEqual({ ...at, backwards: false });
    const back = await underTest.listFrom(query({ cursor: second.prev_cursor! }));
    expect(users.listFrom.mock.calls[2]![1]).toMatchObject({ id: rows[0]!.id, backwards: true });
    expect(back.data).toEqual([rows[1], rows[0]]);
    expect([back.next_cursor, back.prev_cursor]).toEqual([expect.any(String), expect.any(String)]);
  });

  test('ends where there is nothing more', async () => {
    const { service: underTest } = service({ listFrom: async () => rows.slice(0, 2) });
    expect(await underTest.listFrom(query())).toMatchObject({ next_cursor: null, prev_cursor: null });
    const { service: nobody } = service({ listFrom: async () => [] });
    expect(await nobody.listFrom(query())).toEqual({ data: [], next_cursor: null, prev_cursor: null });
  });

  test('begins anew where all that stood before is gone', async () => {
    const { users, service: underTest } = service({
      listFrom: async (_, start) => (start?.backwards ? [] : rows),
    });
    const cursor = encodeUserCursor(query(), rows[0]!, true);
    expect((await underTest.listFrom(query({ cursor }))).data).toEqual(rows.slice(0, 2));
    expect(users.listFrom).toHaveBeenCalledTimes(2);
  });

  test('takes no cursor of another list', async () => {
    const { service: underTest } = service({ listFrom: async () => rows });
    const { next_cursor } = await underTest.listFrom(query());
    const other = underTest.listFrom(query({ cursor: next_cursor!, sort: 'name' }));
    await expect(other).rejects.toMatchObject({ code: 'VALIDATION_FAILED', ...code('INVALID_USER_CURSOR') });
  });
});
