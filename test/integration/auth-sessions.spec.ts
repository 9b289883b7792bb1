import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { LiveSession, type NewSession } from '../../src/auth/dto/session.dto.js';
import { effects, EffectsWriter, newId } from '../../src/platform/database/index.js';
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
    {
      token_hash: hash,
      next_token_hash: newOpaqueToken().hash,
      refresh_lifetime_secs: 600,
      idle_lifetime_secs: 600,
      grace_secs: 0,
    },
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

  test('is noted at its account as a sign-in, without a new version of it', async () => {
    const { user_id } = await open();
    const [row] = await dataSource.query('SELECT last_login_at, version FROM users WHERE id = $1', [user_id]);
    expect(row).toMatchObject({ last_login_at: expect.any(Date), version: 1 });
  });

  test('brings a new hash of the password that was verified, and of no other', async () => {
    const { id: user_id } = await accounts.create({ password_hash: 'old hash' });
    const hashAfter = async (from: string, to: string): Promise<unknown> => {
      await open({ user_id, password_upgrade: { from, to } });
      const [row] = await dataSource.query<{ password_hash: string; access_epoch: number }[]>(
        'SELECT password_hash, access_epoch FROM users WHERE id = $1',
        [user_id],
      );
      return row;
    };
    expect(await hashAfter('another hash', 'wrong')).toEqual({ password_hash: 'old hash', access_epoch: 0 });
    expect(await hashAfter('old hash', 'new hash')).toEqual({ password_hash: 'new hash', access_epoch: 0 });
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
    const { id, user_id } = await open();
    const end = () =>
      sessions.revoke({ session_id: id, user_id }, 'logout', effects().audited('LOGGED_OUT', { target: id }));
    expect((await Promise.all([end(), end()])).sort()).toEqual([false, true]);
    expect(await end()).toBe(false);
    expect(await audited(dataSource, 'LOGGED_OUT', id)).toBe(1);
    for (const process of [accounts, accounts.other]) expect(await process.sessions.findLive(id)).toBeNull();
  });

  test('is dead once it has lain unused for too long, and nothing wakes it', async () => {
    const { id, user_id } = await open({ idle_lifetime_secs: 600 });
    await dataSource.query(
      `UPDATE sessions SET last_used_at = now() - interval '601 seconds' WHERE id = $1`,
      [id],
    );
    expect(await sessions.findLive(id)).toBeNull();
    expect(await sessions.revoke({ session_id: id, user_id }, 'logout', effects())).toBe(false);
    await accounts.records.recordUse([{ session_id: id, ms_ago: 0 }]);
    expect(await sessions.findLive(id)).toBeNull();
  });

  test('is not ended in the name of another account', async () => {
    const { id } = await open();
    const { user_id } = await open();
    expect(await sessions.revoke({ session_id: id, user_id }, 'ended', effects())).toBe(false);
    expect(await sessions.findLive(id)).not.toBeNull();
  });

  test('that nobody opened is not alive', async () => {
    expect(await sessions.findLive(newId())).toBeNull();
  });

  test('is answered for rightly among many that are asked for at once', async () => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => open()));
    await sessions.revoke({ session_id: opened[3]!.id, user_id: opened[3]!.user_id }, 'logout', effects());
    const ids = Array.from({ length: 500 }, (_, index) => opened[index % 8]!.id);
    const answers = await Promise.all(ids.map((id) => sessions.findLive(id)));
    for (const [index, answer] of answers.entries()) {
      expect(answer?.session_id).toBe(index % 8 === 3 ? undefined : ids[index]);
    }
  });
});

describe('the sessions of an account', () => {
  const endAll = (user_id: string, by = sessions) =>
    by.revokeAll(user_id, 'logout_all', effects().audited('LOGGED_OUT_ALL', { target: user_id }));
  const loggedOut = async (user_id: string) =>
    (
      await dataSource.query(
        `SELECT body->'data'->>'session_id' AS id FROM outbox
         WHERE body->>'type' = 'auth.logged_out' AND body->'data'->>'user_id' = $1`,
        [user_id],
      )
    ).map(({ id }: { id: string }) => id);

  test('end all at once, with an event for each, and those of others go on', async () => {
    const first = await open();
    const { user_id } = first;
    const second = await open({ user_id });
    const ended = await open({ user_id });
    const stranger = await open();
    await sessions.revoke({ session_id: ended.id, user_id }, 'logout', effects());
    expect(await endAll(user_id)).toBe(2);
    for (const { id, hash } of [first, second]) {
      expect(await accounts.other.sessions.findLive(id)).toBeNull();
      expect(await rotate(hash)).toEqual({ outcome: 'refused' });
    }
    expect(await sessions.findLive(stranger.id)).not.toBeNull();
    expect((await loggedOut(user_id)).sort()).toEqual([first.id, second.id].sort());
    expect(await endAll(user_id)).toBe(0);
    expect(await audited(dataSource, 'LOGGED_OUT_ALL', user_id)).toBe(1);
  });

  test('end however many they are, some at a time: nobody fills the memory of a process by signing in', async () => {
    const { user_id } = await open();
    await dataSource.query(
      `INSERT INTO sessions (id, user_id, access_epoch, absolute_expires_at)
       SELECT gen_random_uuid(), $1, 0, now() + interval '1 day' FROM generate_series(1, 2200)`,
      [user_id],
    );
    const write = jest.spyOn(EffectsWriter.prototype, 'write');
    expect(await endAll(user_id)).toBe(2201);
    const sizes = write.mock.calls.map(([, { events }]) => events.length);
    write.mockRestore();
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1000);
    expect(await loggedOut(user_id)).toHaveLength(2201);
    expect(await audited(dataSource, 'LOGGED_OUT_ALL', user_id)).toBe(1);
  });

  test('end once when several processes end them, and one refreshes, at the same time', async () => {
    const { user_id, hash } = await open();
    for (let more = 0; more < 5; more++) await open({ user_id });
    const [one, other, ...refreshed] = await Promise.all([
      endAll(user_id),
      endAll(user_id, accounts.other.sessions),
      rotate(hash),
    ]);
    expect([one, other].sort()).toEqual([0, 6]);
    expect(['rotated', 'refused']).toContain(refreshed[0].outcome);
    expect(await accounts.records.list(user_id, { page: 0, size: 10 })).toEqual({ data: [], total: 0 });
  });
});

describe('a password that is replaced', () => {
  const replace = (of: OpenedSession, access_epoch = 0) =>
    sessions.replacePassword(
      { user_id: of.user_id, session_id: of.id, access_epoch, password_hash: `new ${access_epoch}` },
      effects().audited('PASSWORD_CHANGED', { target: of.user_id }),
    );
  const account = async (id: string) =>
    (await dataSource.query('SELECT password_hash, access_epoch, version FROM users WHERE id = $1', [id]))[0];

  test('ends the other sessions and keeps its own, with the tokens it has [7.4.1]', async () => {
    const own = await open();
    const other = await open({ user_id: own.user_id });
    expect(await replace(own)).toBe(true);
    expect(await account(own.user_id)).toEqual({ password_hash: 'new 0', access_epoch: 1, version: 2 });
    for (const process of [accounts, accounts.other]) {
      expect(await process.sessions.findLive(own.id)).toMatchObject({ user_id: own.user_id });
      expect(await process.sessions.findLive(other.id)).toBeNull();
    }
    expect(await rotate(other.hash)).toEqual({ outcome: 'refused' });
    expect(await rotate(own.hash)).toMatchObject({ outcome: 'rotated' });
    expect(await audited(dataSource, 'PASSWORD_CHANGED', own.user_id)).toBe(1);
  });

  test('leaves no mailed token by which another could be set', async () => {
    const own = await open();
    const { hash } = newOpaqueToken();
    await accounts.tokens.issue({
      user_id: own.user_id,
      purpose: 'set_password',
      token_hash: hash,
      mail_id: newId(),
      lifetime_secs: 60,
    });
    await replace(own);
    expect(await accounts.tokens.find('set_password', hash)).toBeNull();
  });

  test('stays as it is when the session or the access has ended in the meantime', async () => {
    const ended = await open();
    await sessions.revoke({ session_id: ended.id, user_id: ended.user_id }, 'logout', effects());
    const overtaken = await open();
    await dataSource.query('UPDATE users SET access_epoch = 7 WHERE id = $1', [overtaken.user_id]);
    const stolen = { ...(await open()), user_id: (await open()).user_id };
    for (const session of [ended, overtaken, stolen]) {
      expect(await replace(session)).toBe(false);
      expect((await account(session.user_id)).password_hash).toBeNull();
      expect(await audited(dataSource, 'PASSWORD_CHANGED', session.user_id)).toBe(0);
    }
  });

  test('is replaced once when two sessions do so at the same time', async () => {
    const own = await open();
    const other = await open({ user_id: own.user_id });
    expect((await Promise.all([replace(own), replace(other)])).sort()).toEqual([false, true]);
    const alive = await Promise.all([own, other].map(({ id }) => sessions.findLive(id)));
    expect(alive.filter((session) => session !== null)).toHaveLength(1);
  });
});

test('a refused sign-in leaves its trace', async () => {
  const target = newId();
  await sessions.recordFailure(effects().audited('LOGIN_FAILED', { target }));
  expect(await audited(dataSource, 'LOGIN_FAILED', target)).toBe(1);
});
