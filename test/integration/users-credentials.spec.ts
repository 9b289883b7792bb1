import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { effects } from '../../src/platform/database/index.js';
import type { NewUser } from '../../src/users/dto/create-user.dto.js';
import type { User } from '../../src/users/dto/user.dto.js';
import { openAccountRepositories, type AccountRepositories } from '../support/account-repositories.js';

let accounts: AccountRepositories;
let users: AccountRepositories['users'];
let credentials: AccountRepositories['credentials'];

beforeAll(async () => {
  accounts = await openAccountRepositories();
  ({ users, credentials } = accounts);
}, 120_000);

afterAll(() => accounts.close());

const create = (fields: Partial<NewUser> = {}): Promise<User> =>
  accounts.create({
    status: 'pending_verification',
    email_verified: false,
    password_hash: 'old hash',
    ...fields,
  });

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
