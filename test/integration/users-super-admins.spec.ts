import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { effects } from '../../src/platform/database/index.js';
import type { NewUser } from '../../src/users/dto/create-user.dto.js';
import { ListUsersQuery } from '../../src/users/dto/list-users.dto.js';
import { LAST_SUPER_ADMIN } from '../../src/users/users.errors.js';
import {
  because,
  newUser,
  openAccountRepositories,
  outcomes,
  type AccountRepositories,
} from '../support/account-repositories.js';

let accounts: AccountRepositories;
let users: AccountRepositories['users'];

beforeAll(async () => {
  accounts = await openAccountRepositories();
  ({ users } = accounts);
}, 120_000);

afterAll(() => accounts.close());

const query = (fields: Partial<ListUsersQuery> = {}): ListUsersQuery =>
  Object.assign(new ListUsersQuery(), fields);

const superAdmin = (fields: Partial<NewUser> = {}) => newUser({ role: 'super_admin', ...fields });

test('makes exactly one first super_admin for ten starters at once', async () => {
  expect(await users.hasSuperAdmin()).toBe(false);
  const results = await Promise.all(
    Array.from({ length: 10 }, () => users.createFirstSuperAdmin(superAdmin(), effects())),
  );
  expect(results.filter((user) => user !== null)).toHaveLength(1);
  expect(await users.hasSuperAdmin()).toBe(true);
});

test('never deletes the last active one, not even when the last two are deleted at once', async () => {
  const [first] = (await users.list(query({ role: 'super_admin' }))).data;
  await expect(users.delete(first!.id, 1, effects())).rejects.toMatchObject(because(LAST_SUPER_ADMIN));
  for (let round = 0; round < 5; round++) {
    await users.create(superAdmin(), effects());
    const both = (await users.list(query({ role: 'super_admin' }))).data;
    expect(both).toHaveLength(2);
    const results = await Promise.allSettled(both.map(({ id }) => users.delete(id, 1, effects())));
    expect(outcomes(results)).toEqual(['fulfilled', 'rejected']);
    const refused = results.find((result) => result.status === 'rejected');
    expect(LAST_SUPER_ADMIN.matches(refused?.reason)).toBe(true);
  }
});

test('deletes one that is not active, for it guards nothing', async () => {
  const suspended = await users.create(superAdmin({ status: 'suspended' }), effects());
  await users.delete(suspended.id, 1, effects());
  expect(await users.find(suspended.id)).toBeNull();
});
