import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LiveSession, type NewSession } from '../../src/auth/dto/session.dto.js';
import { effects, newId } from '../../src/platform/database/index.js';
import { newOpaqueToken } from '../../src/users/index.js';
import {
  audited,
  openAccountRepositories,
  openSession,
  type AccountRepositories,
  type OpenedSession,
} from '../support/account-repositories.js';

let accounts: AccountRepositories;
let dataSource: AccountRepositories['dataSource'];
let sessions: AccountRepositories['sessions'];

beforeAll(async () => {
  accounts = await openAccountRepositories();
  ({ dataSource, sessions } = accounts);
}, 120_000);

afterAll(() => accounts.close());

const open = (fields: Partial<NewSession> = {}): Promise<OpenedSession> => openSession(accounts, fields);

const rotate = (hash: string) =>
  sessions.rotate(
    { token_hash: hash, next_token_hash: newOpaqueToken().hash, refresh_lifetime_secs: 600 },
    effects(),
  );

const expire = (table: string, column: string, where: string, value: string) =>
  dataSource.query(`UPDATE ${table} SET ${column} = now() - interval '1 second' WHERE ${where} = $1`, [
    value,
  ]);

describe('a session', () => {
  test('is alive once it is opened, and keeps where it came from', async () => {
    const id = newId();
    const from = { device_name: 'Laptop', ip: '192.0.2.1', user_agent: 'x'.repeat(600) };
    const written = effects().audited('LOGIN_SUCCEEDED', { target: id });
    const { user_id } = await openSession(accounts, { id, ...from }, written);
    const alive = await sessions.findLive(id);
    expect(alive).toBeInstanceOf(LiveSession);
    expect(alive).toEqual({
      session_id: id,
      user_id,
      role: 'user',
      revision: expect.stringMatching(/^\d+\.1$/),
      remaining_ms: 60_000,
    });
    const [row] = await dataSource.query(
      'SELECT device_name, ip, length(user_agent) FROM sessions WHERE id = $1',
      [id],
    );
    expect(row).toEqual({ device_name: 'Laptop', ip: '192.0.2.1', length: 512 });
    expect(await audited(dataSource, 'LOGIN_SUCCEEDED', id)).toBe(1);
  });

  test('near its end says how much of it is left', async () => {
    const { id } = await open({ absolute_lifetime_secs: 10 });
    const { remaining_ms } = (await sessions.findLive(id))!;
    expect(remaining_ms).toBeGreaterThan(0);
    expect(remaining_ms).toBeLessThanOrEqual(10_000);
  });

  test('tells of every write to its account, those included that leave the version alone', async () => {
    const { id, user_id } = await open();
    const seen = new Set([(await sessions.findLive(id))!.revision]);
    for (const set of ['last_login_at = now()', 'version = version + 1', 'metadata = metadata']) {
      await dataSource.query(`UPDATE users SET ${set} WHERE id = $1`, [user_id]);
      seen.add((await sessions.findLive(id))!.revision);
    }
    expect(seen.size).toBe(4);
    expect((await sessions.findLive(id))!.revision).toBe([...seen].at(-1));
  });

  test('is stored with the hash of its token, not with the token', async () => {
    const { token, hash } = newOpaqueToken();
    await open({ token_hash: hash });
    const rows = await dataSource.query('SELECT token_hash::text AS stored FROM refresh_tokens');
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(JSON.stringify(rows)).toContain(hash);
  });

  test.each([
    ['a raised access epoch', 'UPDATE users SET access_epoch = access_epoch + 1 WHERE id = $1'],
    ['suspension', `UPDATE users SET status = 'suspended' WHERE id = $1`],
    ['a lock', `UPDATE users SET status = 'locked' WHERE id = $1`],
    ['deletion', `UPDATE users SET status = 'deleted', deleted_at = now() WHERE id = $1`],
  ])('is dead for every process after %s of its account', async (_, statement) => {
    const { id, user_id, hash } = await open();
    await dataSource.query(statement, [user_id]);
    for (const process of [accounts, accounts.other]) expect(await process.sessions.findLive(id)).toBeNull();
    expect(await rotate(hash)).toEqual({ outcome: 'refused' });
  });

  test('is dead at its absolute end', async () => {
    const { id, hash } = await open();
    await expire('sessions', 'absolute_expires_at', 'id', id);
    expect(await sessions.findLive(id)).toBeNull();
    expect(await rotate(hash)).toEqual({ outcome: 'refused' });
  });

  test('ends once, and its effects are written once', async () => {
    const { id } = await open();
    const end = () => sessions.revoke(id, 'logout', effects().audited('LOGGED_OUT', { target: id }));
    expect((await Promise.all([end(), end()])).sort()).toEqual([false, true]);
    expect(await end()).toBe(false);
    expect(await audited(dataSource, 'LOGGED_OUT', id)).toBe(1);
    for (const process of [accounts, accounts.other]) expect(await process.sessions.findLive(id)).toBeNull();
  });

  test('that nobody opened is not alive', async () => {
    expect(await sessions.findLive(newId())).toBeNull();
  });

  test('is answered for rightly among many that are asked for at once', async () => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => open()));
    await sessions.revoke(opened[3]!.id, 'logout', effects());
    const ids = Array.from({ length: 500 }, (_, index) => opened[index % 8]!.id);
    const answers = await Promise.all(ids.map((id) => sessions.findLive(id)));
    for (const [index, answer] of answers.entries()) {
      expect(answer?.session_id).toBe(index % 8 === 3 ? undefined : ids[index]);
    }
  });
});

test('a refused sign-in leaves its trace', async () => {
  const target = newId();
  await sessions.recordFailure(effects().audited('LOGIN_FAILED', { target }));
  expect(await audited(dataSource, 'LOGIN_FAILED', target)).toBe(1);
});
