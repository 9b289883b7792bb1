import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TypeOrmKnownAddressRepository } from '../../src/auth/known-address.typeorm.repository.js';
import { Database, effects } from '../../src/platform/database/index.js';
import { openAccountRepositories, type AccountRepositories } from '../support/account-repositories.js';

let accounts: AccountRepositories;
let known: TypeOrmKnownAddressRepository;

beforeAll(async () => {
  accounts = await openAccountRepositories();
  known = new TypeOrmKnownAddressRepository(new Database(accounts.dataSource));
}, 60_000);
afterAll(() => accounts.close());

const HOME = '192.0.2.1';
const age = (userId: string, address: string, days: number): Promise<unknown> =>
  accounts.dataSource.query(
    `UPDATE known_addresses SET last_seen_at = now() - $3 * interval '1 day' WHERE user_id = $1 AND address = $2`,
    [userId, address, days],
  );
const addresses = async (userId: string): Promise<string[]> =>
  (
    await accounts.dataSource.query<{ address: string }[]>(
      'SELECT address FROM known_addresses WHERE user_id = $1',
      [userId],
    )
  ).map(({ address }) => address);

test('an address is known to the account that signed in from it, however its e-mail address is spelled', async () => {
  const { id, email } = await accounts.create();
  const other = await accounts.create();
  expect(await known.find(email, HOME, 90)).toBeNull();
  await known.remember(id, HOME, 90);
  expect(await known.find(email.toUpperCase(), HOME, 90)).toEqual({ seen_secs_ago: 0 });
  expect(await known.find(email, '192.0.2.2', 90)).toBeNull();
  expect(await known.find(other.email, HOME, 90)).toBeNull();
  expect(await known.find('nobody@example.com', HOME, 90)).toBeNull();
});

test('an address is forgotten after so many days, and known anew by a sign-in', async () => {
  const { id, email } = await accounts.create();
  await known.remember(id, HOME, 90);
  await age(id, HOME, 89);
  expect((await known.find(email, HOME, 90))!.seen_secs_ago).toBeGreaterThanOrEqual(89 * 86_400);
  await age(id, HOME, 91);
  expect(await known.find(email, HOME, 90)).toBeNull();
  await known.remember(id, '192.0.2.2', 90);
  expect(await addresses(id)).toEqual(['192.0.2.2']);
  await known.remember(id, HOME, 90);
  expect(await known.find(email, HOME, 90)).toEqual({ seen_secs_ago: 0 });
});

test('of an account the last 32 addresses are kept', async () => {
  const { id } = await accounts.create();
  for (let n = 0; n < 32; n++) {
    await known.remember(id, `198.51.100.${n}`, 90);
    await age(id, `198.51.100.${n}`, 40 - n);
  }
  await known.remember(id, '203.0.113.1', 90);
  const kept = await addresses(id);
  expect(kept).toHaveLength(32);
  expect(kept).toContain('203.0.113.1');
  expect(kept).not.toContain('198.51.100.0');
});

test('many sign-ins of one account at once are noted without waiting for each other for ever', async () => {
  const { id } = await accounts.create();
  await Promise.all(Array.from({ length: 60 }, (_, n) => known.remember(id, `198.51.100.${n % 40}`, 90)));
  const kept = (await addresses(id)).length;
  await known.remember(id, '203.0.113.1', 90);
  expect(kept).toBeGreaterThanOrEqual(32);
  expect(await addresses(id)).toContain('203.0.113.1');
});

test('unlocking makes a locked account active, cuts what its sessions were worth, and tells of it', async () => {
  const { dataSource, credentials } = accounts;
  const audit = (id: string) => effects().audited('USER_UNLOCKED', { target: id });
  const state = async (id: string) =>
    (
      await dataSource.query<{ status: string; access_epoch: number; version: number }[]>(
        'SELECT status, access_epoch, version FROM users WHERE id = $1',
        [id],
      )
    )[0];
  const told = async (id: string) =>
    (
      await dataSource.query<{ to: string }[]>(
        `SELECT body->'data'->>'to' AS to FROM outbox WHERE subject = $1 AND body->>'type' = 'user.status_changed'`,
        [`user:${id}`],
      )
    ).map(({ to }) => to);
  const verified = await accounts.create({ status: 'locked' });
  const unverified = await accounts.create({ status: 'locked', email_verified: false });
  const suspended = await accounts.create({ status: 'suspended' });
  expect(await credentials.unlock(verified.id, 'pending_verification', audit(verified.id))).toBe(true);
  expect(await state(verified.id)).toEqual({ status: 'active', access_epoch: 1, version: 2 });
  expect(await credentials.unlock(verified.id, 'active', audit(verified.id))).toBe(false);
  expect(await state(verified.id)).toEqual({ status: 'active', access_epoch: 1, version: 2 });
  expect(await credentials.unlock(unverified.id, 'pending_verification', audit(unverified.id))).toBe(true);
  expect(await state(unverified.id)).toMatchObject({ status: 'pending_verification' });
  expect(await credentials.unlock(suspended.id, 'active', audit(suspended.id))).toBe(false);
  expect(await state(suspended.id)).toEqual({ status: 'suspended', access_epoch: 0, version: 1 });
  expect(await told(verified.id)).toEqual(['active']);
  expect(await told(suspended.id)).toEqual([]);
  const audited = async (id: string) =>
    (
      await dataSource.query<{ after: object | null }[]>(
        `SELECT details->'after' AS after FROM audit_logs WHERE action = 'USER_UNLOCKED' AND target_id = $1 ORDER BY id`,
        [id],
      )
    ).map(({ after }) => after);
  // The second time there was nothing to change, and nothing came of it.
  expect(await audited(verified.id)).toEqual([{ status: 'active' }, null]);
  expect(await audited(unverified.id)).toEqual([{ status: 'pending_verification' }]);
});
