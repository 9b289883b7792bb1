import { describe, expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import type { Cache, CacheAnswer } from '../platform/cache/index.js';
import { AppError } from '../platform/errors/index.js';
import type { LiveSession } from './dto/session.dto.js';
import { LiveSessions } from './live-sessions.js';
import type { SessionRepository } from './session.repository.js';

const SESSION: LiveSession = {
  session_id: 'session-1',
  user_id: 'user-1',
  role: 'moderator',
  revision: '7.1',
  remaining_ms: 60_000,
};
const lease = { entry: { key: 'live:session-1', tags: [] } };

function remembering(answer: CacheAnswer, findLive?: SessionRepository['findLive'], isShared = true) {
  const cache = strictMock<Cache>('Cache', { isShared, find: async () => answer, store: async () => true });
  const sessions = strictMock<SessionRepository>('SessionRepository', { ...(findLive && { findLive }) });
  return { cache, sessions, live: new LiveSessions(cache, sessions) };
}
const alive = async () => SESSION;

describe('a session', () => {
  test('that every process can see in the cache is not asked of the database', async () => {
    const { live, cache } = remembering({ result: 'hit', value: SESSION });
    expect(await live.find('session-1', 'user-1')).toEqual(SESSION);
    expect(cache.find).toHaveBeenCalledWith({
      key: 'live:session-1',
      tags: ['session:session-1', 'user:user-1'],
    });
  });

  test('that is not in the cache is asked of the database, and remembered for 2 s', async () => {
    const { live, cache } = remembering({ result: 'miss', lease }, alive);
    expect(await live.find('session-1', 'user-1')).toBe(SESSION);
    expect(cache.store.mock.calls).toEqual([[lease, SESSION, 2_000]]);
  });

  test('that ends sooner is remembered no longer than it lives', async () => {
    const { live, cache } = remembering({ result: 'miss', lease }, async () => ({
      ...SESSION,
      remaining_ms: 700,
    }));
    await live.find('session-1', 'user-1');
    expect(cache.store.mock.calls[0]![2]).toBe(700);
  });

  test('is never remembered where other processes could not make it forgotten', async () => {
    const { live, cache } = remembering({ result: 'hit', value: SESSION }, async () => null, false);
    expect(await live.find('session-1', 'user-1')).toBeNull();
    expect(cache.find).not.toHaveBeenCalled();
  });

  test.each<[string, CacheAnswer]>([
    ['the cache does not know', { result: 'unknown' }],
    ['was ended lately', { result: 'miss' }],
  ])('that %s is asked of the database and not remembered', async (_, answer) => {
    const { live, cache, sessions } = remembering(answer, alive);
    expect(await live.find('session-1', 'user-1')).toBe(SESSION);
    expect(sessions.findLive).toHaveBeenCalledTimes(1);
    expect(cache.store).not.toHaveBeenCalled();
  });

  test('that is over is not alive, and that is not remembered', async () => {
    const { live, cache } = remembering({ result: 'miss', lease }, async () => null);
    expect(await live.find('session-1', 'user-1')).toBeNull();
    expect(cache.store).not.toHaveBeenCalled();
  });

  test("of somebody else is nobody's", async () => {
    const { live, cache } = remembering({ result: 'miss', lease }, alive);
    expect(await live.find('session-1', 'user-2')).toBeNull();
    expect(cache.store).not.toHaveBeenCalled();
  });

  test.each([
    null,
    'text',
    {},
    { ...SESSION, user_id: 'user-2' },
    { ...SESSION, session_id: 'session-2' },
    { ...SESSION, role: 'emperor' },
    { ...SESSION, revision: undefined },
  ])('of which the cache has something else (%j) is asked of the database', async (value) => {
    const { live, sessions } = remembering({ result: 'hit', value }, async () => null);
    expect(await live.find('session-1', 'user-1')).toBeNull();
    expect(sessions.findLive).toHaveBeenCalledTimes(1);
  });

  test('of which nobody can say anything is not let in', async () => {
    const { live } = remembering({ result: 'unknown' }, () =>
      Promise.reject(new AppError('SERVICE_UNAVAILABLE')),
    );
    await expect(live.find('session-1', 'user-1')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});
