import { describe, expect, test } from '@jest/globals';
import { notedCuts } from '../../test/support/access-cuts.js';
import { strictMock } from '../../test/support/strict-mock.js';
import { RequestContext } from '../platform/context/index.js';
import type { Effects } from '../platform/database/index.js';
import { AppError } from '../platform/errors/index.js';
import type { Role } from '../platform/security/index.js';
import { ListUsersQuery } from './dto/list-users.dto.js';
import { User } from './dto/user.dto.js';
import type { UserRepository } from './user.repository.js';
import { UsersService } from './users.service.js';

const ID = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const CALLER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a00';

const user = (fields: Partial<User> = {}): User =>
  Object.assign(new User(), {
    id: ID,
    name: 'Ada',
    email: 'ada@example.com',
    role: 'user',
    status: 'active',
    email_verified: true,
    avatar_url: null,
    metadata: { theme: 'dark', list: [1] },
    sync_status: 'SYNCED',
    last_login_at: null,
    created_at: new Date(0),
    updated_at: new Date(0),
    version: 3,
    ...fields,
  });

const service = (planned: Partial<UserRepository>) => {
  const users = strictMock<UserRepository>('UserRepository', planned);
  const cuts = notedCuts();
  return { users, cuts, service: new UsersService(users, cuts) };
};

/** Runs `work` as a caller of this role. */
const as = <T>(role: Role, work: () => Promise<T>): Promise<T> =>
  RequestContext.run(
    new RequestContext({
      requestId: 'r',
      protocol: 'http',
      principal: { id: CALLER, roles: [role], via: 'access_token' },
    }),
    work,
  );

const code = (reason: string) => ({ fields: [{ code: reason }] });
const stale = () => Promise.reject(new AppError('PRECONDITION_FAILED'));
const summary = (effects: Effects) => ({
  events: effects.events.map(({ type, data }) => [type, data]),
  jobs: effects.jobs.map(({ type, data }) => [type, data]),
  audit: effects.audit.map(({ action, target, details }) => ({ action, target, details })),
});

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

describe('deleting', () => {
  test('deletes the version that was read, and says so', async () => {
    const {
      users,
      cuts,
      service: underTest,
    } = service({
      find: async () => user(),
      delete: async () => undefined,
    });
    await as('admin', () => underTest.delete(ID));
    expect(cuts.ofUser.mock.calls).toEqual([[ID]]);
    const [id, version, effects] = users.delete.mock.calls[0]!;
    expect([id, version]).toEqual([ID, 3]);
    expect(summary(effects)).toMatchObject({
      events: [['user.deleted', { user_id: ID }]],
      audit: [{ action: 'USER_DELETED', target: ID, details: { before: { email: 'ada@example.com' } } }],
    });
  });

  test('of an account that is gone is NOT_FOUND', async () => {
    const { service: underTest } = service({ find: async () => null });
    await expect(as('admin', () => underTest.delete(ID))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('an API key', () => {
  const withKey = <T>(scopes: string[], work: () => Promise<T>): Promise<T> =>
    RequestContext.run(
      new RequestContext({
        requestId: 'r',
        protocol: 'http',
        principal: { id: CALLER, roles: ['admin'], via: 'api_key', key_id: ID, scopes },
      }),
      work,
    );

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

  test('changes and deletes no account that may do more than the key, be it that of its owner', async () => {
    for (const id of [ID, CALLER]) {
      const { service: underTest } = service({ find: async () => user({ id, role: 'admin' }) });
      const scopes = ['users:update', 'users:delete'];
      const refused = { code: 'FORBIDDEN', ...code('ACCOUNT_ABOVE_OWN') };
      await expect(
        withKey(scopes, () => underTest.update(id, { email: 'eve@example.com' })),
      ).rejects.toMatchObject(refused);
      await expect(withKey(scopes, () => underTest.delete(id))).rejects.toMatchObject(refused);
    }
  });
});

describe('a super_admin', () => {
  const found = { find: async () => user({ role: 'super_admin' }) };

  test('is neither changed nor deleted by an admin', async () => {
    const { service: underTest } = service(found);
    const refusal = { code: 'FORBIDDEN', ...code('SUPER_ADMIN_PROTECTED') };
    await expect(as('admin', () => underTest.update(ID, { name: 'X' }))).rejects.toMatchObject(refusal);
    await expect(as('admin', () => underTest.delete(ID))).rejects.toMatchObject(refusal);
  });

  test('is changed and deleted by a super_admin', async () => {
    const { users, service: underTest } = service({
      ...found,
      update: async () => user(),
      delete: async () => undefined,
    });
    await as('super_admin', () => underTest.update(ID, { name: 'X' }));
    await as('super_admin', () => underTest.delete(ID));
    expect(users.delete).toHaveBeenCalledTimes(1);
  });
});
