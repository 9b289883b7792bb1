import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { effects, newId } from '../../src/platform/database/index.js';
import { MAX_LIVE_MAILS } from '../../src/users/account-token.repository.js';
import type { IssuedToken, NewAccountToken, TokenPurpose } from '../../src/users/dto/account-token.dto.js';
import type { NewUser } from '../../src/users/dto/create-user.dto.js';
import type { User } from '../../src/users/dto/user.dto.js';
import { newOpaqueToken } from '../../src/users/index.js';
import { UserEntity } from '../../src/users/user.entity.js';
import {
  openAccountRepositories,
  openSession,
  type AccountRepositories,
} from '../support/account-repositories.js';

let accounts: AccountRepositories;
let users: AccountRepositories['users'];
let tokens: AccountRepositories['tokens'];
let dataSource: AccountRepositories['dataSource'];

beforeAll(async () => {
  accounts = await openAccountRepositories();
  ({ users, tokens, dataSource } = accounts);
}, 120_000);

afterAll(() => accounts.close());

const create = (fields: Partial<NewUser> = {}): Promise<User> =>
  accounts.create({
    status: 'pending_verification',
    email_verified: false,
    password_hash: 'old hash',
    ...fields,
  });

const tokenFor = (user_id: string, fields: Partial<NewAccountToken> = {}): NewAccountToken => ({
  user_id,
  purpose: 'set_password',
  mail_id: newId(),
  token_hash: newOpaqueToken().hash,
  lifetime_secs: 1800,
  ...fields,
});

async function issue(user_id: string, purpose: TokenPurpose = 'set_password'): Promise<string> {
  const token = tokenFor(user_id, { purpose });
  expect(await tokens.issue(token)).toMatchObject({ owner: { user_id } });
  return token.token_hash;
}

const refusalOf = async (token: NewAccountToken): Promise<IssuedToken['refusal']> =>
  (await tokens.issue(token)).refusal;

const rowOf = async (id: string): Promise<UserEntity> =>
  dataSource.getRepository(UserEntity).findOneByOrFail({ id });

const tokensOf = async (id: string): Promise<number> =>
  (await dataSource.query('SELECT 1 FROM account_tokens WHERE user_id = $1', [id])).length;

const expireTokensOf = (userId: string) =>
  dataSource.query(`UPDATE account_tokens SET expires_at = now() - interval '1 second' WHERE user_id = $1`, [
    userId,
  ]);

const moveTo = async (id: string, email: string): Promise<User> =>
  users.update(id, (await rowOf(id)).version, { email }, effects());

/** The events that an account's subject has after those of its creation. */
const newsOf = async (id: string): Promise<object[]> =>
  dataSource.query(
    `SELECT body->>'type' AS type, body->'data' AS data FROM outbox
     WHERE subject = $1 AND body->>'type' <> 'user.created' ORDER BY position`,
    [`user:${id}`],
  );

/** Redeems for whatever the token is for. */
const redeem = (
  purpose: TokenPurpose,
  hash: string,
  process = accounts as Pick<typeof accounts, 'tokens'>,
) =>
  purpose === 'set_password'
    ? process.tokens.redeemForPassword(hash, 'new hash', effects())
    : process.tokens.redeemForAddress(hash, effects());

describe.each(['set_password', 'verify_email'] as const)('a token to %s', (purpose) => {
  const other = purpose === 'set_password' ? 'verify_email' : 'set_password';

  test('tells whom it belongs to', async () => {
    const { id, name, email } = await create();
    const hash = await issue(id, purpose);
    expect(await tokens.find(purpose, hash)).toEqual({ user_id: id, name, email });
  });

  test('opens nothing else', async () => {
    const { id } = await create();
    const hash = await issue(id, purpose);
    expect(await tokens.find(other, hash)).toBeNull();
    expect(await redeem(other, hash)).toBe(false);
    expect(await rowOf(id)).toMatchObject({ password_hash: 'old hash', email_verified: false, version: 1 });
    expect(await redeem(purpose, hash)).toBe(true);
  });

  test('tells that the address is verified and the account active, and lifts no suspension', async () => {
    const { id } = await create();
    expect(await redeem(purpose, await issue(id, purpose))).toBe(true);
    expect(await rowOf(id)).toMatchObject({ email_verified: true, status: 'active', version: 2 });
    expect(await newsOf(id)).toEqual([
      { type: 'auth.email_verified', data: { user_id: id } },
      { type: 'user.status_changed', data: { user_id: id, from: 'pending_verification', to: 'active' } },
    ]);
    const suspended = await create({ status: 'suspended' });
    expect(await redeem(purpose, await issue(suspended.id, purpose))).toBe(true);
    expect((await rowOf(suspended.id)).status).toBe('suspended');
  });

  test('works for one of twenty callers at once, in two processes', async () => {
    const { id } = await create();
    const hash = await issue(id, purpose);
    const written = effects().audited('REDEEMED', { target: id });
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const { tokens: at } = index % 2 === 0 ? accounts : accounts.other;
        return purpose === 'set_password'
          ? at.redeemForPassword(hash, `hash ${index}`, written)
          : at.redeemForAddress(hash, written);
      }),
    );
    expect(results.filter(Boolean)).toHaveLength(1);
    expect((await rowOf(id)).version).toBe(2);
    if (purpose === 'set_password')
      expect((await rowOf(id)).password_hash).toBe(`hash ${results.indexOf(true)}`);
    const entries = await dataSource.query(`SELECT 1 FROM audit_logs WHERE target_id = $1`, [id]);
    expect(entries).toHaveLength(1);
  });

  test('is worth nothing after its time, and is cleared away by the next one', async () => {
    const { id } = await create();
    const hash = await issue(id, purpose);
    await expireTokensOf(id);
    expect(await tokens.find(purpose, hash)).toBeNull();
    expect(await redeem(purpose, hash)).toBe(false);
    expect(await rowOf(id)).toMatchObject({ password_hash: 'old hash', email_verified: false });
    await issue(id, purpose);
    expect(await tokensOf(id)).toBe(1);
  });

  test('is void when the address changes', async () => {
    const { id, email } = await create();
    const hash = await issue(id, purpose);
    await moveTo(id, `new.${email}`);
    expect(await tokens.find(purpose, hash)).toBeNull();
    expect(await redeem(purpose, hash)).toBe(false);
    expect(await rowOf(id)).toMatchObject({ password_hash: 'old hash', email_verified: false });
  });

  test('survives that the address is written otherwise', async () => {
    const { id, email } = await create();
    const hash = await issue(id, purpose);
    await moveTo(id, email.toUpperCase());
    expect(await redeem(purpose, hash)).toBe(true);
  });

  test('is not issued for an account that is gone, and dies with its account', async () => {
    const { id } = await create();
    const hash = await issue(id, purpose);
    await users.delete(id, 1, effects());
    expect(await tokens.find(purpose, hash)).toBeNull();
    expect(await redeem(purpose, hash)).toBe(false);
    expect(await refusalOf(tokenFor(id, { purpose }))).toBe('account_gone');
    expect(await refusalOf(tokenFor(newId(), { purpose }))).toBe('account_gone');
  });

  test('is stored as a hash', async () => {
    const { id } = await create();
    const { token, hash } = newOpaqueToken();
    await tokens.issue(tokenFor(id, { purpose, token_hash: hash }));
    const rows = await dataSource.query('SELECT t::text FROM account_tokens t');
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  test('goes out in a bounded number of mails, also when many are asked for at once', async () => {
    const { id } = await create();
    const asked = Array.from({ length: 4 * MAX_LIVE_MAILS }, (_, index) => {
      const { tokens: at } = index % 2 === 0 ? accounts : accounts.other;
      return at.issue(tokenFor(id, { purpose }));
    });
    const refusals = (await Promise.all(asked)).map(({ refusal }) => refusal);
    expect(refusals.filter((refusal) => refusal === undefined)).toHaveLength(MAX_LIVE_MAILS);
    expect(new Set(refusals)).toEqual(new Set([undefined, 'enough_mails']));
    expect(await tokensOf(id)).toBe(MAX_LIVE_MAILS);
    await expireTokensOf(id);
    expect(await refusalOf(tokenFor(id, { purpose }))).toBeUndefined();
  });

  test('of a mail that is made again is a second one beside the first, and counts as one mail', async () => {
    const { id } = await create();
    const mail_id = newId();
    const again = Array.from({ length: MAX_LIVE_MAILS + 2 }, () => tokenFor(id, { purpose, mail_id }));
    for (const token of again) expect(await refusalOf(token)).toBeUndefined();
    expect(await refusalOf(tokenFor(id, { purpose }))).toBeUndefined();
    expect(await redeem(purpose, again[0]!.token_hash)).toBe(true);
  });
});

describe('a token to set a password', () => {
  test('sets it, ends the sessions of the account and voids its other tokens', async () => {
    const { id } = await create();
    const session = await openSession(accounts, { user_id: id });
    const [one, another] = [await issue(id), await issue(id)];
    const verify = await issue(id, 'verify_email');
    expect(await tokens.redeemForPassword(another, 'new hash', effects())).toBe(true);
    expect(await rowOf(id)).toMatchObject({ password_hash: 'new hash', access_epoch: 1 });
    expect(await accounts.sessions.findLive(session.id)).toBeNull();
    expect(await tokens.redeemForPassword(one, 'newer hash', effects())).toBe(false);
    expect(await tokens.redeemForAddress(verify, effects())).toBe(false);
  });

  test('is news of the address only once', async () => {
    const { id } = await create();
    await tokens.redeemForPassword(await issue(id), 'new hash', effects());
    await tokens.redeemForPassword(await issue(id), 'newer hash', effects());
    expect(await newsOf(id)).toHaveLength(2);
  });
});

describe('a token to verify an address', () => {
  test('leaves sessions that were opened while it was not verified, and the password', async () => {
    const { id } = await create();
    const session = await openSession(accounts, { user_id: id });
    expect(await tokens.redeemForAddress(await issue(id, 'verify_email'), effects())).toBe(true);
    expect(await rowOf(id)).toMatchObject({ password_hash: 'old hash', access_epoch: 0 });
    expect(await accounts.sessions.findLive(session.id)).toMatchObject({ user_id: id });
  });

  test('is neither issued nor good for an address that is verified', async () => {
    const { id } = await create();
    const [one, another] = [await issue(id, 'verify_email'), await issue(id, 'verify_email')];
    expect(await tokens.redeemForAddress(one, effects())).toBe(true);
    expect(await tokens.redeemForAddress(another, effects())).toBe(false);
    expect(await refusalOf(tokenFor(id, { purpose: 'verify_email' }))).toBe('address_verified');
  });

  test('counts after a change of the address, too: moving to and fro buys no mails', async () => {
    const { id, email } = await create();
    for (let mail = 0; mail < MAX_LIVE_MAILS; mail++) {
      await moveTo(id, `${mail}.${email}`);
      await issue(id, 'verify_email');
    }
    await moveTo(id, email);
    expect(await refusalOf(tokenFor(id, { purpose: 'verify_email' }))).toBe('enough_mails');
  });
});

test('Expired tokens are forgotten, batch by batch, and no others', async () => {
  const [one, other] = [await create(), await create()];
  for (let n = 0; n < 3; n++) await issue(one.id);
  await issue(other.id);
  await expireTokensOf(one.id);
  expect(await tokens.deleteExpired(2)).toBe(2);
  expect(await tokens.deleteExpired(500)).toBeGreaterThanOrEqual(1);
  expect(await tokens.deleteExpired(500)).toBe(0);
  expect([await tokensOf(one.id), await tokensOf(other.id)]).toEqual([0, 1]);
});
