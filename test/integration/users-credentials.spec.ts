import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { effects } from '../../src/platform/database/index.js';
import type { NewUser } from '../../src/users/dto/create-user.dto.js';
import { UserEntity } from '../../src/users/user.entity.js';
import type { User } from '../../src/users/dto/user.dto.js';
import { openAccountRepositories, type AccountRepositories } from '../support/account-repositories.js';

let accounts: AccountRepositories;
let users: AccountRepositories['users'];
let credentials: AccountRepositories['credentials'];
let dataSource: AccountRepositories['dataSource'];

beforeAll(async () => {
  accounts = await openAccountRepositories();
  ({ users, credentials, dataSource } = accounts);
}, 120_000);

afterAll(() => accounts.close());

const create = (fields: Partial<NewUser> = {}): Promise<User> =>
  accounts.create({
    status: 'pending_verification',
    email_verified: false,
    password_hash: 'old hash',
    ...fields,
  });

const rowOf = async (id: string): Promise<UserEntity> =>
  dataSource.getRepository(UserEntity).findOneByOrFail({ id });

describe('credentials', () => {
  test('are found by address without regard to case', async () => {
    const { id, email } = await create();
    expect(await credentials.findByEmail(email.toUpperCase())).toEqual({
      user_id: id,
      role: 'user',
      status: 'pending_verification',
      email_verified: false,
      password_hash: 'old hash',
      access_epoch: 0,
    });
  });

  test('of a deleted account are not found', async () => {
    const { id, email } = await create();
    await users.delete(id, 1, effects());
    expect(await credentials.findByEmail(email)).toBeNull();
  });
});

describe('a sign-in', () => {
  test('is noted without a new version of the account', async () => {
    const { id } = await create();
    await credentials.recordSignIn(id);
    expect(await rowOf(id)).toMatchObject({
      last_login_at: expect.any(Date),
      version: 1,
      password_hash: 'old hash',
    });
  });

  test('replaces the hash that was verified, and no other', async () => {
    const { id } = await create();
    await credentials.recordSignIn(id, { from: 'another hash', to: 'wrong' });
    expect((await rowOf(id)).password_hash).toBe('old hash');
    await credentials.recordSignIn(id, { from: 'old hash', to: 'new hash' });
    expect(await rowOf(id)).toMatchObject({ password_hash: 'new hash', access_epoch: 0 });
  });
});
