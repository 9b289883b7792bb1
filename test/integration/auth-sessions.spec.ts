import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { LiveSession, NewSession } from '../../src/auth/dto/session.dto.js';
import { TypeOrmSessionRepository } from '../../src/auth/session.typeorm.repository.js';
import { DatabaseSettings } from '../../src/platform/config/index.js';
import {
  createDataSource,
  Database,
  effects,
  EffectsWriter,
  newId,
  runMigrations,
} from '../../src/platform/database/index.js';
import { NewUser } from '../../src/users/dto/create-user.dto.js';
import { newOpaqueToken } from '../../src/users/index.js';
import { UserEntity } from '../../src/users/user.entity.js';
import { TypeOrmUserRepository } from '../../src/users/user.typeorm.repository.js';
import { createTestDatabase, type TestDatabase } from '../support/embedded-postgres.js';

const DAY = 86_400;

let testDatabase: TestDatabase;
/** Two processes as far as the database can tell: each has connections of its own. */
let processes: { dataSource: DataSource; sessions: TypeOrmSessionRepository }[] = [];
let dataSource: DataSource;
let sessions: TypeOrmSessionRepository;
let users: TypeOrmUserRepository;

async function connect(): Promise<(typeof processes)[number]> {
  const source = createDataSource(
    { ...new DatabaseSettings(), slow_query_ms: 60_000, url: testDatabase.url },
    [UserEntity],
  );
  await source.initialize();
  return {
    dataSource: source,
    sessions: new TypeOrmSessionRepository(new Database(source), new EffectsWriter()),
  };
}

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  processes = [await connect(), await connect()];
  ({ dataSource, sessions } = processes[0]!);
  await runMigrations(dataSource);
  users = new TypeOrmUserRepository(new Database(dataSource), new EffectsWriter());
}, 120_000);

afterAll(async () => {
  for (const { dataSource: source } of processes) await source.destroy();
  await testDatabase.drop();
});

let made = 0;
async function newUser(fields: Partial<NewUser> = {}): Promise<string> {
  const id = newId();
  await users.create(
    Object.assign(new NewUser(), {
      id,
      name: 'Ada',
      email: `ada${++made}@example.com`,
      role: 'user',
      status: 'active',
      email_verified: true,
      password_hash: null,
      ...fields,
    }),
    effects(),
  );
  return id;
}

interface Opened {
  id: string;
  user_id: string;
  /** Hash of its first refresh token. */
  hash: string;
}

async function open(fields: Partial<NewSession> = {}): Promise<Opened> {
  const session = Object.assign(new NewSession(), {
    id: newId(),
    user_id: fields.user_id ?? (await newUser()),
    access_epoch: 0,
    token_hash: newOpaqueToken().hash,
    refresh_lifetime_secs: 7 * DAY,
    absolute_lifetime_secs: 30 * DAY,
    ...fields,
  });
  await sessions.open(session, effects().audited('LOGIN_SUCCEEDED', { target: session.id }));
  return { id: session.id, user_id: session.user_id, hash: session.token_hash };
}

const rotate = (hash: string, next = newOpaqueToken().hash, by = sessions, target = 'nobody') =>
  by.rotate(
    { token_hash: hash, next_token_hash: next, refresh_lifetime_secs: 7 * DAY },
    effects().audited('TOKEN_REUSE_DETECTED', { target }),
  );

const audited = async (action: string, target: string): Promise<number> =>
  (await dataSource.query('SELECT 1 FROM audit_logs WHERE action = $1 AND target_id = $2', [action, target]))
    .length;

const expire = (table: string, column: string, where: string, value: string) =>
  dataSource.query(`UPDATE ${table} SET ${column} = now() - interval '1 second' WHERE ${where} = $1`, [
    value,
  ]);

describe('a session', () => {
  test('is alive once it is opened, and keeps where it came from', async () => {
    const { id, user_id } = await open({
      device_name: 'Laptop',
      ip: '192.0.2.1',
      user_agent: 'x'.repeat(600),
    });
    const alive = await sessions.findLive(id);
    expect(alive).toBeInstanceOf(LiveSession);
    expect(alive).toEqual({ session_id: id, user_id, role: 'user' });
    const [row] = await dataSource.query(
      'SELECT device_name, ip, length(user_agent) FROM sessions WHERE id = $1',
      [id],
    );
    expect(row).toEqual({ device_name: 'Laptop', ip: '192.0.2.1', length: 512 });
    expect(await audited('LOGIN_SUCCEEDED', id)).toBe(1);
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
    for (const process of processes) expect(await process.sessions.findLive(id)).toBeNull();
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
    expect(await audited('LOGGED_OUT', id)).toBe(1);
    for (const process of processes) expect(await process.sessions.findLive(id)).toBeNull();
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

describe('a refresh token', () => {
  test('is traded for the next one, and the session lives on', async () => {
    const { id, user_id, hash } = await open();
    const next = newOpaqueToken().hash;
    expect(await rotate(hash, next)).toMatchObject({ outcome: 'rotated', role: 'user' });
    expect(await sessions.findByRefreshToken(next)).toEqual({ session_id: id, user_id });
    expect(await sessions.findLive(id)).not.toBeNull();
    expect(await rotate(next)).toMatchObject({ outcome: 'rotated' });
  });

  test.each([1, 2, 3])(
    'that was spent %i generations ago ends the session when it comes back',
    async (generations) => {
      const { id, hash } = await open();
      let newest = hash;
      for (let generation = 0; generation < generations; generation++) {
        const next = newOpaqueToken().hash;
        expect(await rotate(newest, next)).toMatchObject({ outcome: 'rotated' });
        newest = next;
      }
      expect(await rotate(hash, undefined, sessions, id)).toEqual({ outcome: 'reused' });
      expect(await sessions.findLive(id)).toBeNull();
      expect(await rotate(newest)).toEqual({ outcome: 'refused' });
      expect(await rotate(hash, undefined, sessions, id)).toEqual({ outcome: 'reused' });
      expect(await audited('TOKEN_REUSE_DETECTED', id)).toBe(1);
    },
  );

  test('leaves other sessions of the account alone when it is used again', async () => {
    const first = await open();
    const second = await open({ user_id: first.user_id });
    await rotate(first.hash);
    await rotate(first.hash);
    expect(await sessions.findLive(first.id)).toBeNull();
    expect(await sessions.findLive(second.id)).not.toBeNull();
  });

  test('is worth nothing after its time', async () => {
    const { id, hash } = await open();
    await expire('refresh_tokens', 'expires_at', 'session_id', id);
    expect(await rotate(hash)).toEqual({ outcome: 'expired' });
  });

  test('never moves the absolute end of its session and never outlives it', async () => {
    const { id, hash } = await open({ absolute_lifetime_secs: DAY });
    const end = async () =>
      (
        await dataSource.query(
          `SELECT s.absolute_expires_at AS end, max(t.expires_at) AS token
           FROM sessions s JOIN refresh_tokens t ON t.session_id = s.id WHERE s.id = $1 GROUP BY 1`,
          [id],
        )
      )[0];
    const before = await end();
    const { remaining_secs } = await rotate(hash);
    expect(remaining_secs).toBeLessThanOrEqual(DAY);
    expect(remaining_secs).toBeGreaterThan(DAY - 600);
    const after = await end();
    expect(after.end).toEqual(before.end);
    expect(after.token).toEqual(before.end);
  });

  test('that nobody issued is refused', async () => {
    expect(await rotate(newOpaqueToken().hash)).toEqual({ outcome: 'refused' });
    expect(await sessions.findByRefreshToken(newOpaqueToken().hash)).toBeNull();
  });

  test('never leaves two living chains when fifty trades of it run at once over two processes', async () => {
    const { id, hash } = await open();
    const nexts = Array.from({ length: 50 }, () => newOpaqueToken().hash);
    const results = await Promise.all(
      nexts.map((next, index) => rotate(hash, next, processes[index % 2]!.sessions, id)),
    );
    const outcomes = results.map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'rotated')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'reused')).toHaveLength(49);
    // Without a grace interval the losers are re-use: the winner's chain is dead too.
    for (const next of nexts) expect((await rotate(next)).outcome).toBe('refused');
    expect(await sessions.findLive(id)).toBeNull();
    expect(await audited('TOKEN_REUSE_DETECTED', id)).toBe(1);
  }, 60_000);
});

test('a refused sign-in leaves its trace', async () => {
  const target = newId();
  await sessions.recordFailure(effects().audited('LOGIN_FAILED', { target }));
  expect(await audited('LOGIN_FAILED', target)).toBe(1);
});
