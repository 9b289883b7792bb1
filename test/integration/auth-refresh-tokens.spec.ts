import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NewSession } from '../../src/auth/dto/session.dto.js';
import { effects } from '../../src/platform/database/index.js';
import { newOpaqueToken } from '../../src/users/index.js';
import {
  audited,
  openAccountRepositories,
  openSession,
  type AccountRepositories,
  type OpenedSession,
} from '../support/account-repositories.js';

const DAY = 86_400;

let accounts: AccountRepositories;
let dataSource: AccountRepositories['dataSource'];
let sessions: AccountRepositories['sessions'];

beforeAll(async () => {
  accounts = await openAccountRepositories();
  ({ dataSource, sessions } = accounts);
}, 120_000);

afterAll(() => accounts.close());

const open = (fields: Partial<NewSession> = {}): Promise<OpenedSession> => openSession(accounts, fields);

interface Trade {
  next?: string;
  /** Seconds of grace; with any, the successor has a seed. */
  grace?: number;
  by?: AccountRepositories['sessions'];
  target?: string;
}

const rotate = (
  hash: string,
  { next = newOpaqueToken().hash, grace = 0, by = sessions, target = 'nobody' }: Trade = {},
) =>
  by.rotate(
    {
      token_hash: hash,
      next_token_hash: next,
      refresh_lifetime_secs: 7 * DAY,
      idle_lifetime_secs: 7 * DAY,
      grace_secs: grace,
      ...(grace > 0 && { successor_seed: seedOf(next) }),
    },
    effects().audited('TOKEN_REUSE_DETECTED', { target }),
  );

/** A seed that is told apart from others. */
const seedOf = (next: string): string => [...next].reverse().join('');

const unspent = async (id: string): Promise<number> =>
  (await dataSource.query('SELECT 1 FROM refresh_tokens WHERE session_id = $1 AND spent_at IS NULL', [id]))
    .length;

const expire = (table: string, column: string, where: string, value: string) =>
  dataSource.query(`UPDATE ${table} SET ${column} = now() - interval '1 second' WHERE ${where} = $1`, [
    value,
  ]);

describe('a refresh token', () => {
  test('is traded for the next one, and the session lives on', async () => {
    const { id, user_id, hash } = await open();
    const next = newOpaqueToken().hash;
    expect(await rotate(hash, { next })).toMatchObject({ outcome: 'rotated', role: 'user' });
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
        expect(await rotate(newest, { next })).toMatchObject({ outcome: 'rotated' });
        newest = next;
      }
      expect(await rotate(hash, { target: id })).toEqual({ outcome: 'reused' });
      expect(await sessions.findLive(id)).toBeNull();
      expect(await rotate(newest)).toEqual({ outcome: 'refused' });
      expect(await rotate(hash, { target: id })).toEqual({ outcome: 'reused' });
      expect(await audited(dataSource, 'TOKEN_REUSE_DETECTED', id)).toBe(1);
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

  test('never moves the absolute end of its session and never outlives it [10.4.8]', async () => {
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

  test('is worth nothing once its session has lain unused for too long', async () => {
    const { id, hash } = await open({ idle_lifetime_secs: 600 });
    await dataSource.query(
      `UPDATE sessions SET last_used_at = now() - interval '601 seconds' WHERE id = $1`,
      [id],
    );
    expect(await rotate(hash)).toEqual({ outcome: 'refused' });
  });

  test('gives its session a new time to lie unused, and the address it was sent from', async () => {
    const { id, hash } = await open({ idle_lifetime_secs: 600, ip: '192.0.2.1' });
    await dataSource.query(
      `UPDATE sessions SET last_used_at = now() - interval '599 seconds' WHERE id = $1`,
      [id],
    );
    const next = newOpaqueToken().hash;
    await sessions.rotate(
      {
        token_hash: hash,
        next_token_hash: next,
        refresh_lifetime_secs: DAY,
        idle_lifetime_secs: 1200,
        grace_secs: 0,
        ip: '192.0.2.2',
      },
      effects(),
    );
    const [row] = await dataSource.query(
      `SELECT ip, idle_lifetime_secs AS idle, last_used_at > now() - interval '60 seconds' AS used
       FROM sessions WHERE id = $1`,
      [id],
    );
    expect(row).toEqual({ ip: '192.0.2.2', idle: 1200, used: true });
    await rotate(next);
    const [later] = await dataSource.query('SELECT ip FROM sessions WHERE id = $1', [id]);
    expect(later).toEqual({ ip: '192.0.2.2' });
  });
});

describe('fifty trades of one refresh token at once, over two processes [F7]', () => {
  const trade = async (grace: number) => {
    const { id, hash } = await open();
    const nexts = Array.from({ length: 50 }, () => newOpaqueToken().hash);
    const results = await Promise.all(
      nexts.map((next, index) =>
        rotate(hash, {
          next,
          grace,
          by: (index % 2 === 0 ? accounts : accounts.other).sessions,
          target: id,
        }),
      ),
    );
    const winners = nexts.filter((_, index) => results[index]!.outcome === 'rotated');
    return { id, hash, nexts, results, winners };
  };

  test('without a grace interval: the check and the spending are one act, and the family is dead [10.4.5]', async () => {
    const { id, nexts, results, winners } = await trade(0);
    expect(winners).toHaveLength(1);
    expect(results.filter(({ outcome }) => outcome === 'reused')).toHaveLength(49);
    for (const next of nexts) expect((await rotate(next)).outcome).toBe('refused');
    expect(await sessions.findLive(id)).toBeNull();
    expect(await audited(dataSource, 'TOKEN_REUSE_DETECTED', id)).toBe(1);
  }, 60_000);

  test('within the grace interval: exactly one chain lives, and all were given it', async () => {
    const { id, nexts, results, winners } = await trade(10);
    expect(winners).toHaveLength(1);
    const winner = winners[0]!;
    const others = results.filter(({ outcome }) => outcome !== 'rotated');
    expect(new Set(others.map(({ outcome, successor_seed }) => `${outcome} ${successor_seed}`))).toEqual(
      new Set([`repeated ${seedOf(winner)}`]),
    );
    expect(await unspent(id)).toBe(1);
    for (const next of nexts.filter((each) => each !== winner))
      expect((await rotate(next)).outcome).toBe('refused');
    expect(await audited(dataSource, 'TOKEN_REUSE_DETECTED', id)).toBe(0);
    expect(await rotate(winner)).toMatchObject({ outcome: 'rotated' });
  }, 60_000);
});

/**
 * A chain of five tokens, `0` to `4`, of which the last is unspent: every generation comes back, within the grace
 * interval and after it.
 */
describe('a spent token of each generation that comes back', () => {
  const GENERATIONS = 5;
  const NEWEST = GENERATIONS - 1;
  const PARENT = NEWEST - 1;

  async function chain(grace: number): Promise<{ id: string; tokens: string[] }> {
    const { id, hash } = await open();
    const tokens = [hash];
    for (let generation = 1; generation < GENERATIONS; generation++) {
      const next = newOpaqueToken().hash;
      expect(await rotate(tokens.at(-1)!, { next, grace })).toMatchObject({ outcome: 'rotated' });
      tokens.push(next);
    }
    return { id, tokens };
  }

  const age = (token: string, seconds: number) =>
    dataSource.query(
      `UPDATE refresh_tokens SET spent_at = now() - $2 * interval '1 second' WHERE token_hash = decode($1, 'hex')`,
      [token, seconds],
    );

  async function expectDead(id: string, tokens: string[]): Promise<void> {
    // Access tokens are asked about by this question.
    for (const process of [accounts, accounts.other]) expect(await process.sessions.findLive(id)).toBeNull();
    for (const token of tokens.slice(0, -1))
      expect((await rotate(token, { grace: 10 })).outcome).toBe('reused');
    expect((await rotate(tokens.at(-1)!, { grace: 10 })).outcome).toBe('refused');
    expect(await audited(dataSource, 'TOKEN_REUSE_DETECTED', id)).toBe(1);
  }

  test.each(Array.from({ length: NEWEST }, (_, generation) => generation))(
    'grace 0: re-use of generation %i revokes the family and its access tokens [10.4.5]',
    async (generation) => {
      const { id, tokens } = await chain(0);
      expect(await rotate(tokens[generation]!, { target: id })).toEqual({ outcome: 'reused' });
      await expectDead(id, tokens);
    },
  );

  test.each(Array.from({ length: PARENT }, (_, generation) => generation))(
    'grace 10 s, within it: re-use of generation %i, whose successor was used, revokes the family and its access tokens [10.4.5]',
    async (generation) => {
      const { id, tokens } = await chain(10);
      expect(await rotate(tokens[generation]!, { grace: 10, target: id })).toEqual({ outcome: 'reused' });
      await expectDead(id, tokens);
    },
  );

  test('grace 10 s, within it: the parent gets the one successor it has, as often as it asks, and nothing is written', async () => {
    const { id, tokens } = await chain(10);
    const before = await dataSource.query('SELECT * FROM refresh_tokens WHERE session_id = $1', [id]);
    for (let time = 0; time < 3; time++) {
      expect(await rotate(tokens[PARENT]!, { grace: 10, target: id })).toMatchObject({
        outcome: 'repeated',
        role: 'user',
        remaining_secs: expect.any(Number),
        successor_seed: seedOf(tokens[NEWEST]!),
      });
    }
    expect(await dataSource.query('SELECT * FROM refresh_tokens WHERE session_id = $1', [id])).toEqual(
      before,
    );
    expect(await unspent(id)).toBe(1);
    expect(await sessions.findLive(id)).not.toBeNull();
    expect(await audited(dataSource, 'TOKEN_REUSE_DETECTED', id)).toBe(0);
  });

  test('grace 10 s, within it: the parent is re-use from the moment its successor is used', async () => {
    const { id, tokens } = await chain(10);
    const child = newOpaqueToken().hash;
    expect(await rotate(tokens[PARENT]!, { grace: 10 })).toMatchObject({ outcome: 'repeated' });
    expect(await rotate(tokens[NEWEST]!, { next: child, grace: 10 })).toMatchObject({ outcome: 'rotated' });
    expect(await rotate(tokens[PARENT]!, { grace: 10, target: id })).toEqual({ outcome: 'reused' });
    await expectDead(id, [...tokens, child]);
  });

  test('grace 10 s: the parent of a token that was traded without grace has no way back', async () => {
    const { id, tokens } = await chain(10);
    const child = newOpaqueToken().hash;
    expect(await rotate(tokens[NEWEST]!, { next: child })).toMatchObject({ outcome: 'rotated' });
    expect(await rotate(tokens[NEWEST]!, { grace: 10, target: id })).toEqual({ outcome: 'reused' });
    await expectDead(id, [...tokens, child]);
  });

  test.each(Array.from({ length: NEWEST }, (_, generation) => generation))(
    'grace 10 s, after it: re-use of generation %i revokes the family and its access tokens [10.4.5]',
    async (generation) => {
      const { id, tokens } = await chain(10);
      await age(tokens[generation]!, 11);
      expect(await rotate(tokens[generation]!, { grace: 10, target: id })).toEqual({ outcome: 'reused' });
      await expectDead(id, tokens);
    },
  );

  test('a process that was started without grace grants none, whatever another one stored', async () => {
    const { id, tokens } = await chain(10);
    expect(await rotate(tokens[PARENT]!, { grace: 0, target: id })).toEqual({ outcome: 'reused' });
    await expectDead(id, tokens);
  });

  test('within the grace interval of a session that has ended, gets nothing', async () => {
    const { id, user_id, hash } = await open();
    await rotate(hash, { grace: 10 });
    await sessions.revoke({ session_id: id, user_id }, 'logout', effects());
    expect((await rotate(hash, { grace: 10 })).outcome).toBe('reused');
  });

  test('leaves nothing in the database of which a successor could be made but the last seed', async () => {
    const { id, tokens } = await chain(10);
    const [row] = await dataSource.query(
      `SELECT encode(spent_token_hash, 'hex') AS spent, encode(successor_seed, 'hex') AS seed FROM sessions WHERE id = $1`,
      [id],
    );
    expect(row).toEqual({ spent: tokens[PARENT], seed: seedOf(tokens[NEWEST]!) });
    await rotate(tokens[NEWEST]!);
    const [after] = await dataSource.query(
      'SELECT spent_token_hash, successor_seed FROM sessions WHERE id = $1',
      [id],
    );
    expect(after).toEqual({ spent_token_hash: null, successor_seed: null });
  });
});
