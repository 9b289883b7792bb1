import { describe, expect, test } from '@jest/globals';
import { notedCuts } from '../../test/support/access-cuts.js';
import { asPrincipal, asRole, CALLER, ID, sampleUser, summary } from '../../test/support/sample-user.js';
import { strictMock } from '../../test/support/strict-mock.js';
import { AppError } from '../platform/errors/index.js';
import { ROLES, type Role } from '../platform/security/index.js';
import { SETTABLE_STATUSES, type SettableStatus } from './dto/change-access.dto.js';
import { USER_STATUSES, type User } from './dto/user.dto.js';
import { UserAccessService } from './user-access.service.js';
import type { UserRepository } from './user.repository.js';

const access = (planned: Partial<UserRepository>) => {
  const users = strictMock<UserRepository>('UserRepository', planned);
  const cuts = notedCuts();
  return { users, cuts, service: new UserAccessService(users, cuts) };
};
const there = (fields: Partial<User> = {}) => ({ find: async () => sampleUser(fields) });
const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof AppError ? (error.fields[0]?.code ?? error.code) : String(error)),
  );

describe('changing a role', () => {
  test('writes it with the version that was judged, tells of it, and cuts access before it answers', async () => {
    const changed = sampleUser({ role: 'moderator', version: 4 });
    const { users, cuts, service } = access({ ...there(), changeRole: async () => changed });
    expect(await asRole('admin', () => service.changeRole(ID, { role: 'moderator' }, [3]))).toBe(changed);
    const [id, version, role, effects] = users.changeRole.mock.calls[0]!;
    expect([id, version, role]).toEqual([ID, 3, 'moderator']);
    expect(summary(effects)).toEqual({
      events: [['user.role_changed', { user_id: ID, from: 'user', to: 'moderator' }]],
      jobs: [],
      audit: [
        {
          action: 'USER_ROLE_CHANGED',
          target: ID,
          details: { before: { role: 'user' }, after: { role: 'moderator' } },
        },
      ],
    });
    expect(cuts.ofUser).toHaveBeenCalledWith(ID);
  });

  test('to the one it has writes nothing', async () => {
    const { service } = access(there({ role: 'moderator' }));
    expect(await asRole('admin', () => service.changeRole(ID, { role: 'moderator' }))).toMatchObject({
      version: 3,
    });
  });

  /** Rows: the role of the account; columns: the role it is given. */
  const BY_ADMIN: Record<Role, Record<Role, string>> = {
    user: { user: 'done', moderator: 'done', admin: 'done', super_admin: 'ROLE_ABOVE_OWN' },
    moderator: { user: 'done', moderator: 'done', admin: 'done', super_admin: 'ROLE_ABOVE_OWN' },
    admin: { user: 'done', moderator: 'done', admin: 'done', super_admin: 'ROLE_ABOVE_OWN' },
    super_admin: {
      user: 'SUPER_ADMIN_PROTECTED',
      moderator: 'SUPER_ADMIN_PROTECTED',
      admin: 'SUPER_ADMIN_PROTECTED',
      super_admin: 'ROLE_ABOVE_OWN',
    },
  };

  test.each(ROLES)(
    'of a %s is for an admin to do within their own, for a super_admin always',
    async (from) => {
      const { service } = access({ ...there({ role: from }), changeRole: async () => sampleUser() });
      for (const role of ROLES) {
        const byAdmin = await outcome(asRole('admin', () => service.changeRole(ID, { role })));
        expect([role, byAdmin]).toEqual([role, BY_ADMIN[from][role]]);
        expect(await outcome(asRole('super_admin', () => service.changeRole(ID, { role })))).toBe('done');
      }
    },
  );

  test('of one’s own account is refused to everybody, whatever the case of the id', async () => {
    const { service } = access({});
    for (const id of [CALLER, CALLER.toUpperCase()]) {
      for (const role of ROLES) {
        expect(await outcome(asRole('super_admin', () => service.changeRole(id, { role })))).toBe(
          'OWN_ACCESS',
        );
      }
    }
  });

  test('is refused to an API key that may do less than the role', async () => {
    const { service } = access({ ...there(), changeRole: async () => sampleUser() });
    const key = {
      id: CALLER,
      roles: ['admin'],
      via: 'api_key',
      key_id: ID,
      scopes: ['users:change_role'],
    } as const;
    const refused = asPrincipal({ ...key, roles: [...key.roles], scopes: [...key.scopes] }, () =>
      service.changeRole(ID, { role: 'moderator' }),
    );
    expect(await outcome(refused)).toBe('ROLE_ABOVE_OWN');
  });

  test('of a stale version or of nobody is refused', async () => {
    const { service } = access(there());
    expect(await outcome(asRole('admin', () => service.changeRole(ID, { role: 'user' }, [2])))).toBe(
      'PRECONDITION_FAILED',
    );
    const { service: nobody } = access({ find: async () => null });
    expect(await outcome(asRole('admin', () => nobody.changeRole(ID, { role: 'user' })))).toBe('NOT_FOUND');
  });

  test('that somebody else’s change overtakes is judged anew', async () => {
    const seen = [sampleUser(), sampleUser({ role: 'super_admin', version: 4 })];
    const { service } = access({
      find: async () => seen.shift()!,
      changeRole: () => Promise.reject(new AppError('PRECONDITION_FAILED')),
    });
    expect(await outcome(asRole('admin', () => service.changeRole(ID, { role: 'moderator' })))).toBe(
      'SUPER_ADMIN_PROTECTED',
    );
  });
});

describe('changing a status', () => {
  test('notes the reason for the audit log alone', async () => {
    const { users, cuts, service } = access({ ...there(), changeStatus: async () => sampleUser() });
    const change = { status: 'suspended', reason: 'unpaid' } as const;
    await asRole('admin', () => service.changeStatus(ID, change));
    expect(summary(users.changeStatus.mock.calls[0]![3])).toEqual({
      events: [['user.status_changed', { user_id: ID, from: 'active', to: 'suspended' }]],
      jobs: [],
      audit: [
        {
          action: 'USER_STATUS_CHANGED',
          target: ID,
          details: { before: { status: 'active' }, after: { status: 'suspended' }, reason: 'unpaid' },
        },
      ],
    });
    expect(cuts.ofUser).toHaveBeenCalledWith(ID);
  });

  const ALLOWED: Record<User['status'], SettableStatus[]> = {
    pending_verification: ['active', 'suspended', 'locked'],
    active: ['active', 'suspended', 'locked'],
    suspended: ['active', 'suspended'],
    locked: ['active', 'suspended', 'locked'],
    deleted: [],
  };

  test.each(USER_STATUSES)('from %s goes where the table says', async (from) => {
    const { service } = access({ ...there({ status: from }), changeStatus: async () => sampleUser() });
    for (const status of SETTABLE_STATUSES) {
      expect([status, await outcome(asRole('admin', () => service.changeStatus(ID, { status })))]).toEqual([
        status,
        ALLOWED[from].includes(status) ? 'done' : 'STATUS_TRANSITION_REFUSED',
      ]);
    }
  });

  test('to the one it has writes nothing', async () => {
    const { service } = access(there({ status: 'suspended' }));
    const again = service.changeStatus.bind(service, ID, { status: 'suspended', reason: 'again' });
    expect(await asRole('admin', again)).toMatchObject({ version: 3 });
  });

  test('of one’s own account, and of a super_admin by an admin, is refused', async () => {
    const { service } = access(there({ role: 'super_admin' }));
    const suspend = (id: string) => service.changeStatus(id, { status: 'suspended' });
    expect(await outcome(asRole('super_admin', () => suspend(CALLER)))).toBe('OWN_ACCESS');
    expect(await outcome(asRole('admin', () => suspend(ID)))).toBe('SUPER_ADMIN_PROTECTED');
  });
});

describe('deleting', () => {
  test('deletes the version that was read, says so and cuts access', async () => {
    const { users, cuts, service } = access({ ...there(), delete: async () => undefined });
    await asRole('admin', () => service.delete(ID));
    const [id, version, effects] = users.delete.mock.calls[0]!;
    expect([id, version]).toEqual([ID, 3]);
    expect(summary(effects)).toMatchObject({
      events: [['user.deleted', { user_id: ID }]],
      audit: [{ action: 'USER_DELETED', target: ID, details: { before: { email: 'ada@example.com' } } }],
    });
    expect(cuts.ofUser).toHaveBeenCalledWith(ID);
  });

  test('of an account that is gone is NOT_FOUND', async () => {
    const { service } = access({ find: async () => null });
    expect(await outcome(asRole('admin', () => service.delete(ID)))).toBe('NOT_FOUND');
  });

  test('of a super_admin is for super_admins alone', async () => {
    const { service } = access({ ...there({ role: 'super_admin' }), delete: async () => undefined });
    expect(await outcome(asRole('admin', () => service.delete(ID)))).toBe('SUPER_ADMIN_PROTECTED');
    expect(await outcome(asRole('super_admin', () => service.delete(ID)))).toBe('done');
  });
});

describe('restoring', () => {
  const gone = (fields: Partial<User> = {}) => ({
    findDeleted: async () => sampleUser({ status: 'deleted', ...fields }),
  });

  test('brings the version back that was read, and says so', async () => {
    const { users, service } = access({ ...gone(), restore: async () => sampleUser({ version: 4 }) });
    expect(await asRole('admin', () => service.restore(ID, [3]))).toMatchObject({ version: 4 });
    const [id, version, effects] = users.restore.mock.calls[0]!;
    expect([id, version]).toEqual([ID, 3]);
    expect(summary(effects)).toMatchObject({
      events: [['user.restored', { user_id: ID }]],
      audit: [{ action: 'USER_RESTORED', target: ID }],
    });
  });

  test('tells an account that is there from one that never was', async () => {
    const { service } = access({ findDeleted: async () => null, ...there() });
    expect(await outcome(asRole('admin', () => service.restore(ID)))).toBe('NOT_DELETED');
    const { service: nobody } = access({ findDeleted: async () => null, find: async () => null });
    expect(await outcome(asRole('admin', () => nobody.restore(ID)))).toBe('NOT_FOUND');
  });

  test('of a super_admin is for super_admins alone', async () => {
    const { service } = access({ ...gone({ role: 'super_admin' }), restore: async () => sampleUser() });
    expect(await outcome(asRole('admin', () => service.restore(ID)))).toBe('SUPER_ADMIN_PROTECTED');
    expect(await outcome(asRole('super_admin', () => service.restore(ID)))).toBe('done');
  });
});
