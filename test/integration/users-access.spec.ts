import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { effects } from '../../src/platform/database/index.js';
import type { NewUser } from '../../src/users/dto/create-user.dto.js';
import type { User } from '../../src/users/dto/user.dto.js';
import { LAST_SUPER_ADMIN } from '../../src/users/users.errors.js';
import {
  because,
  newUser,
  openAccountRepositories,
  openSession,
  outcomes,
  type AccountProcess,
  type AccountRepositories,
} from '../support/account-repositories.js';

let accounts: AccountRepositories;
let users: AccountRepositories['users'];

beforeAll(async () => {
  accounts = await openAccountRepositories();
  ({ users } = accounts);
}, 120_000);

afterAll(() => accounts.close());

const stored = async (id: string): Promise<Record<string, unknown>> =>
  (await accounts.dataSource.query('SELECT * FROM users WHERE id = $1', [id]))[0];
const stale = { code: 'PRECONDITION_FAILED' };

describe('role and status', () => {
  test('are written with the version raised and all access cut, in one statement', async () => {
    const user = await accounts.create();
    const promoted = await users.changeRole(user.id, 1, 'admin', effects());
    expect(promoted).toMatchObject({ role: 'admin', version: 2 });
    expect(await stored(user.id)).toMatchObject({ role: 'admin', version: 2, access_epoch: 1 });
    const suspended = await users.changeStatus(user.id, 2, 'suspended', effects());
    expect(suspended).toMatchObject({ status: 'suspended', version: 3 });
    expect(await stored(user.id)).toMatchObject({ status: 'suspended', access_epoch: 2 });
    expect(await users.find(user.id)).toEqual(suspended);
  });

  test('are not written over another version, nor to an account that is gone', async () => {
    const user = await accounts.create();
    await expect(users.changeRole(user.id, 2, 'admin', effects())).rejects.toMatchObject(stale);
    await users.delete(user.id, 1, effects());
    await expect(users.changeStatus(user.id, 2, 'active', effects())).rejects.toMatchObject(stale);
  });

  test('are changed by one of two processes at once', async () => {
    const user = await accounts.create();
    const results = await Promise.allSettled([
      users.changeRole(user.id, 1, 'admin', effects()),
      accounts.other.users.changeStatus(user.id, 1, 'suspended', effects()),
    ]);
    expect(outcomes(results)).toEqual(['fulfilled', 'rejected']);
    expect(await stored(user.id)).toMatchObject({ version: 2, access_epoch: 1 });
  });
});

describe('restoring', () => {
  test.each(['pending_verification', 'active', 'suspended', 'locked'] as const)(
    'gives an account that was %s that status back; its sessions stay dead',
    async (status) => {
      const user = await accounts.create({ status });
      const session = await openSession(accounts, { user_id: user.id });
      await users.delete(user.id, 1, effects());
      expect(await users.findDeleted(user.id)).toMatchObject({ status: 'deleted', version: 2 });
      const restored = await users.restore(user.id, 2, effects());
      const changed = { version: 3, updated_at: expect.any(Date), last_login_at: expect.any(Date) };
      expect(restored).toEqual({ ...user, ...changed });
      expect(await stored(user.id)).toMatchObject({
        access_epoch: 2,
        deleted_at: null,
        status_before_deletion: null,
      });
      const [opened] = await accounts.dataSource.query('SELECT access_epoch FROM sessions WHERE id = $1', [
        session.id,
      ]);
      expect(opened).toEqual({ access_epoch: 0 });
      expect(await users.findDeleted(user.id)).toBeNull();
    },
  );

  test.each([
    [true, 'active'],
    [false, 'pending_verification'],
  ])('goes by the address (verified: %s) where the status was not noted', async (email_verified, status) => {
    const user = await accounts.create({ email_verified });
    await users.delete(user.id, 1, effects());
    await accounts.dataSource.query('UPDATE users SET status_before_deletion = NULL WHERE id = $1', [
      user.id,
    ]);
    expect(await users.restore(user.id, 2, effects())).toMatchObject({ status });
  });

  test('of one that is there, or of another version, is refused, and of two at once one wins', async () => {
    const user = await accounts.create();
    await expect(users.restore(user.id, 1, effects())).rejects.toMatchObject(stale);
    await users.delete(user.id, 1, effects());
    await expect(users.restore(user.id, 1, effects())).rejects.toMatchObject(stale);
    const results = await Promise.allSettled(
      [users, accounts.other.users].map((each) => each.restore(user.id, 2, effects())),
    );
    expect(outcomes(results)).toEqual(['fulfilled', 'rejected']);
  });
});

describe('the last active super_admin', () => {
  type Removal = (process: AccountProcess, user: User) => Promise<unknown>;
  const REMOVALS: Record<string, Removal> = {
    demoted: ({ users: each }, { id, version }) => each.changeRole(id, version, 'admin', effects()),
    suspended: ({ users: each }, { id, version }) => each.changeStatus(id, version, 'suspended', effects()),
    locked: ({ users: each }, { id, version }) => each.changeStatus(id, version, 'locked', effects()),
    deleted: ({ users: each }, { id, version }) => each.delete(id, version, effects()),
  };
  const names = Object.keys(REMOVALS);
  const pairs = names.flatMap((one, index) => names.slice(index).map((other) => [one, other] as const));

  const active = async (): Promise<string[]> =>
    (
      await accounts.dataSource.query(
        `SELECT id FROM users WHERE role = 'super_admin' AND status = 'active' ORDER BY id`,
      )
    ).map(({ id }: { id: string }) => id);
  const superAdmin = (fields: Partial<NewUser> = {}): Promise<User> =>
    users.create(newUser({ role: 'super_admin', ...fields }), effects());

  /** Leaves these two as the only ones. */
  async function onlyTwo(): Promise<[User, User]> {
    await accounts.dataSource.query(`UPDATE users SET role = 'admin' WHERE role = 'super_admin'`);
    return [await superAdmin(), await superAdmin()];
  }

  test.each(names)('is not %s', async (name) => {
    const [one, other] = await onlyTwo();
    await REMOVALS[name]!(accounts, one);
    await expect(REMOVALS[name]!(accounts, other)).rejects.toMatchObject(because(LAST_SUPER_ADMIN));
    expect(await stored(other.id)).toMatchObject({ role: 'super_admin', status: 'active', access_epoch: 0 });
  });

  test.each(pairs)(
    'stays when one of the last two is %s and the other %s at once, by two processes',
    async (one, other) => {
      for (let round = 0; round < 5; round++) {
        const [first, second] = await onlyTwo();
        const results = await Promise.allSettled([
          REMOVALS[one]!(accounts, first),
          REMOVALS[other]!(accounts.other, second),
        ]);
        expect(outcomes(results)).toEqual(['fulfilled', 'rejected']);
        const refused = results.find((result) => result.status === 'rejected');
        expect(LAST_SUPER_ADMIN.matches(refused?.reason)).toBe(true);
        expect(await active()).toHaveLength(1);
      }
    },
  );

  test('is not guarded by one that is shut out', async () => {
    const [one, other] = await onlyTwo();
    await REMOVALS['suspended']!(accounts, one);
    expect(await active()).toEqual([other.id]);
    await expect(REMOVALS['demoted']!(accounts, other)).rejects.toMatchObject(because(LAST_SUPER_ADMIN));
  });

  test('may be removed as soon as there is another', async () => {
    const [one, other] = await onlyTwo();
    const suspended = (await REMOVALS['suspended']!(accounts, one)) as User;
    await users.changeStatus(one.id, suspended.version, 'active', effects());
    await REMOVALS['deleted']!(accounts, other);
    expect(await active()).toEqual([one.id]);
  });
});
