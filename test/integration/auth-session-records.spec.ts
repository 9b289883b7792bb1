import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { effects } from '../../src/platform/database/index.js';
import { newOpaqueToken } from '../../src/users/index.js';
import {
  openAccountRepositories,
  openSession,
  type AccountRepositories,
} from '../support/account-repositories.js';

const DAY = 86_400;
const ALL = { page: 0, size: 100 };

let accounts: AccountRepositories;
let dataSource: AccountRepositories['dataSource'];
let records: AccountRepositories['records'];

beforeAll(async () => {
  accounts = await openAccountRepositories();
  ({ dataSource, records } = accounts);
}, 120_000);

afterAll(() => accounts.close());

const usedAgo = (id: string, seconds: number) =>
  dataSource.query(`UPDATE sessions SET last_used_at = now() - $2 * interval '1 second' WHERE id = $1`, [
    id,
    seconds,
  ]);
const lastUsed = async (id: string): Promise<number> =>
  Number(
    (
      await dataSource.query(
        'SELECT extract(epoch FROM now() - last_used_at)::integer AS ago FROM sessions WHERE id = $1',
        [id],
      )
    )[0].ago,
  );

describe('the list of sessions', () => {
  test('has those of the account that are alive, the one used last first, page by page', async () => {
    const first = await openSession(accounts, {
      ip: '192.0.2.1',
      user_agent: 'curl/8.5.0',
      device_name: 'Box',
    });
    const { user_id } = first;
    const [second, revoked, idle, over] = [
      await openSession(accounts, { user_id }),
      await openSession(accounts, { user_id }),
      await openSession(accounts, { user_id, idle_lifetime_secs: 600 }),
      await openSession(accounts, { user_id }),
    ];
    await openSession(accounts);
    await accounts.sessions.revoke({ session_id: revoked.id, user_id }, 'logout', effects());
    await usedAgo(idle.id, 601);
    await dataSource.query(`UPDATE sessions SET absolute_expires_at = now() WHERE id = $1`, [over.id]);
    await usedAgo(second.id, 60);
    const { data, total } = await records.list(user_id, ALL);
    expect([data.map(({ id }) => id), total]).toEqual([[first.id, second.id], 2]);
    expect(data[0]).toEqual({
      id: first.id,
      device_name: 'Box',
      ip_address: '192.0.2.1',
      user_agent: 'curl/8.5.0',
      created_at: expect.any(Date),
      last_used_at: expect.any(Date),
      expires_at: expect.any(Date),
      idle_expires_at: expect.any(Date),
    });
    const secondsBetween = (a: Date, b: Date) => Math.round((b.getTime() - a.getTime()) / 1000);
    expect(secondsBetween(data[0]!.created_at, data[0]!.expires_at)).toBe(30 * DAY);
    expect(secondsBetween(data[0]!.last_used_at, data[0]!.idle_expires_at)).toBe(7 * DAY);
    expect(await records.list(user_id, { page: 1, size: 1 })).toMatchObject({
      data: [{ id: second.id }],
      total: 2,
    });
    expect(await records.list(user_id, { page: 9, size: 1 })).toEqual({ data: [], total: 2 });
  });
});

describe('the last use of sessions', () => {
  test('is moved forward, never back', async () => {
    const [stale, fresh] = [await openSession(accounts), await openSession(accounts)];
    await usedAgo(stale.id, 600);
    await usedAgo(fresh.id, 5);
    await records.recordUse([stale, fresh].map(({ id }) => ({ session_id: id, ms_ago: 60_000 })));
    expect(Math.abs((await lastUsed(stale.id)) - 60)).toBeLessThan(30);
    expect(await lastUsed(fresh.id)).toBeLessThan(50);
  });

  test('is not waited for while somebody else writes the session', async () => {
    const [held, free] = [await openSession(accounts), await openSession(accounts)];
    for (const { id } of [held, free]) await usedAgo(id, 600);
    await accounts.other.dataSource.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE', [held.id]);
      await records.recordUse([held, free].map(({ id }) => ({ session_id: id, ms_ago: 0 })));
    });
    expect(await lastUsed(held.id)).toBeGreaterThanOrEqual(600);
    expect(await lastUsed(free.id)).toBeLessThan(300);
  });

  test('of a session that is over or unknown is nothing to write', async () => {
    const { id, user_id } = await openSession(accounts);
    await usedAgo(id, 600);
    await accounts.sessions.revoke({ session_id: id, user_id }, 'logout', effects());
    await records.recordUse([
      { session_id: id, ms_ago: 0 },
      { session_id: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87', ms_ago: 0 },
    ]);
    expect(await lastUsed(id)).toBeGreaterThanOrEqual(600);
  });
});

describe('old sessions', () => {
  const exists = async (id: string): Promise<boolean> =>
    (await dataSource.query('SELECT 1 FROM sessions WHERE id = $1', [id])).length === 1;
  const daysAgo = (days: number) => new Date(Date.now() - days * DAY * 1000);

  test('are deleted with their tokens once they have been over for long enough; spent tokens stay as long as their session could live', async () => {
    const [living, revoked, expired, lately] = [
      await openSession(accounts),
      await openSession(accounts),
      await openSession(accounts),
      await openSession(accounts),
    ];
    await accounts.sessions.rotate(
      {
        token_hash: living.hash,
        next_token_hash: newOpaqueToken().hash,
        refresh_lifetime_secs: DAY,
        idle_lifetime_secs: DAY,
        grace_secs: 0,
      },
      effects(),
    );
    const over = (id: string, days: number) =>
      dataSource.query(
        `UPDATE sessions SET revoked_at = now() - $2 * interval '1 day', revoked_reason = 'logout' WHERE id = $1`,
        [id, days],
      );
    await over(revoked.id, 31);
    await over(lately.id, 1);
    await dataSource.query(
      `UPDATE sessions SET absolute_expires_at = now() - interval '31 days' WHERE id = $1`,
      [expired.id],
    );
    expect(await records.prune(daysAgo(30), 100)).toBe(2);
    expect(await Promise.all([living, revoked, expired, lately].map(({ id }) => exists(id)))).toEqual([
      true,
      false,
      false,
      true,
    ]);
    const left = await dataSource.query('SELECT 1 FROM refresh_tokens WHERE session_id = ANY($1)', [
      [revoked.id, expired.id],
    ]);
    expect(left).toEqual([]);
    expect(await accounts.sessions.findByRefreshToken(living.hash)).toMatchObject({ session_id: living.id });
    expect(await records.prune(daysAgo(30), 100)).toBe(0);
  });

  test('are deleted in batches, by several processes at once', async () => {
    const { user_id } = await openSession(accounts);
    for (let more = 0; more < 12; more++) await openSession(accounts, { user_id });
    await dataSource.query(
      `UPDATE sessions SET revoked_at = now() - interval '40 days', revoked_reason = 'logout',
         absolute_expires_at = now() - interval '35 days' WHERE user_id = $1`,
      [user_id],
    );
    let deleted = await records.prune(daysAgo(30), 5);
    expect(deleted).toBe(5);
    const both = await Promise.all([
      records.prune(daysAgo(30), 5),
      accounts.other.records.prune(daysAgo(30), 5),
    ]);
    deleted +=
      both[0] + both[1] + (await records.prune(daysAgo(30), 5)) + (await records.prune(daysAgo(30), 5));
    expect(deleted).toBe(13);
  });
});

describe('among many sessions', () => {
  test('every question about a few of them is answered by an index', async () => {
    await dataSource.query(
      `INSERT INTO users (id, name, email, role, status)
       SELECT gen_random_uuid(), 'Many', 'many' || n || '@example.com', 'user', 'active' FROM generate_series(1, 5000) n`,
    );
    await dataSource.query(
      `INSERT INTO sessions (id, user_id, access_epoch, absolute_expires_at)
       SELECT gen_random_uuid(), id, 0, now() + random() * interval '30 days'
       FROM users, generate_series(1, 3) WHERE name = 'Many'`,
    );
    await dataSource.query(
      `INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
       SELECT sha256(id::text::bytea), id, absolute_expires_at FROM sessions`,
    );
    await dataSource.query('ANALYZE users, sessions, refresh_tokens');
    const { id, user_id, hash } = await openSession(accounts);
    const statements: { text: string; values: unknown[] }[] = [];
    await withStatements(statements, async () => {
      await records.list(user_id, ALL);
      await records.recordUse([{ session_id: id, ms_ago: 0 }]);
      await records.prune(new Date(Date.now() - 40 * DAY * 1000), 10);
      await accounts.sessions.findByRefreshToken(hash);
      await accounts.sessions.findLive(id);
      await accounts.sessions.rotate(
        {
          token_hash: hash,
          next_token_hash: newOpaqueToken().hash,
          refresh_lifetime_secs: DAY,
          idle_lifetime_secs: DAY,
          grace_secs: 10,
        },
        effects(),
      );
      await accounts.sessions.revokeAll(user_id, 'logout_all', effects());
    });
    const asked = statements.filter(({ text }) => /\b(sessions|refresh_tokens)\b/.test(text));
    expect(asked.length).toBeGreaterThanOrEqual(10);
    for (const { text, values } of asked) {
      const plan = JSON.stringify(await dataSource.query(`EXPLAIN (FORMAT JSON) ${text}`, values));
      expect({ text, scans: plan.match(/Seq Scan","[^}]*?"Relation Name":"\w+/g) }).toEqual({
        text,
        scans: null,
      });
    }
  }, 120_000);
});

/** Notes the statements of `work` with their values. */
async function withStatements(
  statements: { text: string; values: unknown[] }[],
  work: () => Promise<void>,
): Promise<void> {
  const { logger } = dataSource;
  const note = logger.logQuery.bind(logger);
  logger.logQuery = (text, values, runner) => {
    statements.push({ text, values: (values ?? []) as unknown[] });
    return note(text, values, runner);
  };
  try {
    await work();
  } finally {
    logger.logQuery = note;
  }
}
