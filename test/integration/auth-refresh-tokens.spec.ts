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

const rotate = (hash: string, next = newOpaqueToken().hash, by = sessions, target = 'nobody') =>
  by.rotate(
    { token_hash: hash, next_token_hash: next, refresh_lifetime_secs: 7 * DAY },
    effects().audited('TOKEN_REUSE_DETECTED', { target }),
  );

const expire = (table: string, column: string, where: string, value: string) =>
  dataSource.query(`UPDATE ${table} SET ${column} = now() - interval '1 second' WHERE ${where} = $1`, [
    value,
  ]);

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
      nexts.map((next, index) =>
        rotate(hash, next, (index % 2 === 0 ? accounts : accounts.other).sessions, id),
      ),
    );
    const outcomes = results.map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'rotated')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'reused')).toHaveLength(49);
    // Without a grace interval the losers are re-use: the winner's chain is dead too.
    for (const next of nexts) expect((await rotate(next)).outcome).toBe('refused');
    expect(await sessions.findLive(id)).toBeNull();
    expect(await audited(dataSource, 'TOKEN_REUSE_DETECTED', id)).toBe(1);
  }, 60_000);
});
