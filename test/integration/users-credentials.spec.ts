import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { effects } from '../../src/platform/database/index.js';
import type { NewUser } from '../../src/users/dto/create-user.dto.js';
import { newOpaqueToken } from '../../src/users/index.js';
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

async function issue(user_id: string, lifetime_secs = 1800): Promise<string> {
  const { hash } = newOpaqueToken();
  expect(await credentials.issuePasswordToken({ user_id, token_hash: hash, lifetime_secs })).not.toBeNull();
  return hash;
}

const rowOf = async (id: string): Promise<UserEntity> =>
  dataSource.getRepository(UserEntity).findOneByOrFail({ id });

const expireTokensOf = (userId: string) =>
  dataSource.query(`UPDATE password_tokens SET expires_at = now() - interval '1 second' WHERE user_id = $1`, [
    userId,
  ]);

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

describe('a token to set a password', () => {
  test('tells whom it belongs to', async () => {
    const { id, name, email } = await create();
    const hash = await issue(id);
    expect(await credentials.findPasswordToken(hash)).toEqual({ user_id: id, name, email });
  });

  test('sets it, verifies the address, activates the account and ends its sessions', async () => {
    const { id } = await create();
    const hash = await issue(id);
    const written = effects().audited('PASSWORD_RESET', { target: id });
    expect(await credentials.redeemPasswordToken(hash, 'new hash', written)).toBe(true);
    expect(await rowOf(id)).toMatchObject({
      password_hash: 'new hash',
      access_epoch: 1,
      email_verified: true,
      status: 'active',
      version: 2,
    });
    expect(await dataSource.query('SELECT action FROM audit_logs WHERE target_id = $1', [id])).toHaveLength(
      1,
    );
  });

  test('tells that the address is verified and the account active, once', async () => {
    const { id } = await create();
    await credentials.redeemPasswordToken(await issue(id), 'new hash', effects());
    await credentials.redeemPasswordToken(await issue(id), 'newer hash', effects());
    const events = await dataSource.query<object[]>(
      `SELECT body->>'type' AS type, body->'data' AS data FROM outbox WHERE subject = $1 ORDER BY position`,
      [`user:${id}`],
    );
    expect(events.filter((event) => 'type' in event && event.type !== 'user.created')).toEqual([
      { type: 'auth.email_verified', data: { user_id: id } },
      { type: 'user.status_changed', data: { user_id: id, from: 'pending_verification', to: 'active' } },
    ]);
  });

  test('does not lift a suspension', async () => {
    const { id } = await create({ status: 'suspended' });
    await credentials.redeemPasswordToken(await issue(id), 'new hash', effects());
    expect((await rowOf(id)).status).toBe('suspended');
  });

  test('works for one of twenty callers at once', async () => {
    const { id } = await create();
    const hash = await issue(id);
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        credentials.redeemPasswordToken(hash, `hash ${index}`, effects()),
      ),
    );
    expect(results.filter(Boolean)).toHaveLength(1);
    expect((await rowOf(id)).password_hash).toBe(`hash ${results.indexOf(true)}`);
    expect((await rowOf(id)).access_epoch).toBe(1);
  });

  test('voids the other tokens of the account when it is used', async () => {
    const { id } = await create();
    const [one, other] = [await issue(id), await issue(id)];
    expect(await credentials.redeemPasswordToken(other, 'new hash', effects())).toBe(true);
    expect(await credentials.findPasswordToken(one)).toBeNull();
    expect(await credentials.redeemPasswordToken(one, 'newer hash', effects())).toBe(false);
  });

  test('is worth nothing after its time, and is cleared away by the next one', async () => {
    const { id } = await create();
    const hash = await issue(id);
    await expireTokensOf(id);
    expect(await credentials.findPasswordToken(hash)).toBeNull();
    expect(await credentials.redeemPasswordToken(hash, 'new hash', effects())).toBe(false);
    expect((await rowOf(id)).password_hash).toBe('old hash');
    await issue(id);
    expect(await dataSource.query('SELECT 1 FROM password_tokens WHERE user_id = $1', [id])).toHaveLength(1);
  });

  test('is not issued for an account that is gone, and dies with its account', async () => {
    const { id } = await create();
    const hash = await issue(id);
    await users.delete(id, 1, effects());
    expect(await credentials.findPasswordToken(hash)).toBeNull();
    expect(await credentials.redeemPasswordToken(hash, 'new hash', effects())).toBe(false);
    const late = { user_id: id, token_hash: newOpaqueToken().hash, lifetime_secs: 1800 };
    expect(await credentials.issuePasswordToken(late)).toBeNull();
  });

  test('is stored as a hash', async () => {
    const { id } = await create();
    const { token, hash } = newOpaqueToken();
    await credentials.issuePasswordToken({ user_id: id, token_hash: hash, lifetime_secs: 1800 });
    const rows = await dataSource.query('SELECT t::text FROM password_tokens t');
    expect(JSON.stringify(rows)).not.toContain(token);
  });
});
