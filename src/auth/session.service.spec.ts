import { describe, expect, test } from '@jest/globals';
import { notedCuts } from '../../test/support/access-cuts.js';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import { RequestContext, type Principal } from '../platform/context/index.js';
import type { Effects } from '../platform/database/index.js';
import { hashOpaqueToken, newOpaqueToken } from '../users/index.js';
import type { AccessTokens } from './access-tokens.js';
import type { StoredSession } from './dto/session-list.dto.js';
import type { SessionRecordRepository } from './session-record.repository.js';
import type { SessionRepository } from './session.repository.js';
import { SessionService } from './session.service.js';
import { TokenPairs } from './token-pairs.js';
import { newSuccessorSeed, successorOf } from './token-successor.js';

const USER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const SESSION = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a88';

interface Planned {
  sessions?: Partial<SessionRepository>;
  records?: Partial<SessionRecordRepository>;
  security?: Partial<ArcanaConfig['security']>;
}

function auth(planned: Planned) {
  const config = new ArcanaConfig();
  Object.assign(config.security, planned.security);
  const sessions = strictMock<SessionRepository>('SessionRepository', planned.sessions);
  const tokens = strictMock<AccessTokens>('AccessTokens', { sign: async () => 'access' });
  const records = strictMock<SessionRecordRepository>('SessionRecordRepository', planned.records);
  const cuts = notedCuts();
  const service = new SessionService(sessions, records, new TokenPairs(tokens, config), cuts, config);
  return { sessions, records, tokens, cuts, service };
}

const summary = (effects: Effects) => ({
  events: effects.events.map(({ type, data }) => [type, data]),
  jobs: effects.jobs.map(({ type, data }) => [type, data]),
  audit: effects.audit.map(({ action, target }) => [action, target]),
});

const within = <T>(
  context: { principal?: Principal; ip?: string; userAgent?: string },
  work: () => Promise<T>,
) => RequestContext.run(new RequestContext({ requestId: 'r', protocol: 'http', ...context }), work);
const principal: Principal = { id: USER, roles: ['user'], sid: SESSION, via: 'access_token' };

describe('refreshing', () => {
  const { token, hash } = newOpaqueToken();
  const rotating = (result: Awaited<ReturnType<SessionRepository['rotate']>>): Planned => ({
    sessions: {
      findByRefreshToken: async () => ({ session_id: SESSION, user_id: USER }),
      rotate: async () => result,
    },
  });

  test('spends the token for a new pair of the same session', async () => {
    const { service, sessions, tokens } = auth(
      rotating({ outcome: 'rotated', role: 'admin', remaining_secs: 5000 }),
    );
    const pair = await service.refresh({ refresh_token: token });
    expect(pair).toMatchObject({ access_token: 'access', expires_in: 900 });
    expect(pair.refresh_token).not.toBe(token);
    const [rotation, onReuse] = sessions.rotate.mock.calls[0]!;
    expect(rotation).toEqual({
      token_hash: hash,
      next_token_hash: hashOpaqueToken(pair.refresh_token),
      refresh_lifetime_secs: 604_800,
      idle_lifetime_secs: 604_800,
      grace_secs: 0,
    });
    expect(summary(onReuse)).toMatchObject({
      events: [['auth.token_reuse_detected', { user_id: USER, session_id: SESSION }]],
      audit: [['TOKEN_REUSE_DETECTED', USER]],
    });
    expect(tokens.sign).toHaveBeenCalledWith({ sub: USER, sid: SESSION, role: 'admin' }, 900);
  });

  test('with a grace interval makes the successor out of a seed that is stored, and tells from where it came', async () => {
    const planned = rotating({ outcome: 'rotated', role: 'user', remaining_secs: 5000 });
    const { service, sessions } = auth({ ...planned, security: { refresh_reuse_grace_secs: 10 } });
    const pair = await within({ ip: '192.0.2.1' }, () => service.refresh({ refresh_token: token }));
    const [rotation] = sessions.rotate.mock.calls[0]!;
    expect(rotation).toMatchObject({ grace_secs: 10, ip: '192.0.2.1' });
    expect(pair.refresh_token).toBe(successorOf(token, rotation.successor_seed!));
    expect(rotation.next_token_hash).toBe(hashOpaqueToken(pair.refresh_token));
  });

  test('once more within the grace interval gives the same successor and a new access token', async () => {
    const successor_seed = newSuccessorSeed();
    const planned = rotating({ outcome: 'repeated', role: 'user', remaining_secs: 5000, successor_seed });
    const { service } = auth({ ...planned, security: { refresh_reuse_grace_secs: 10 } });
    expect(await service.refresh({ refresh_token: token })).toMatchObject({
      access_token: 'access',
      refresh_token: successorOf(token, successor_seed),
    });
  });

  test('near the end of the session gives an access token that ends with it', async () => {
    const { service } = auth(rotating({ outcome: 'rotated', role: 'user', remaining_secs: 12 }));
    expect((await service.refresh({ refresh_token: token })).expires_in).toBe(12);
  });

  test.each([
    ['reused', 'UNAUTHORIZED'],
    ['refused', 'UNAUTHORIZED'],
    ['expired', 'TOKEN_EXPIRED'],
  ] as const)('that is %s is %s', async (outcome, code) => {
    const { service, tokens, cuts } = auth(rotating({ outcome }));
    await expect(service.refresh({ refresh_token: token })).rejects.toMatchObject({ code });
    expect(tokens.sign).not.toHaveBeenCalled();
    // What a process remembers of the access tokens goes with the family.
    expect(cuts.ofSession.mock.calls).toEqual(outcome === 'reused' ? [[SESSION]] : []);
  });

  test('with an unknown token is refused, with junk before the database is asked', async () => {
    const { service } = auth({ sessions: { findByRefreshToken: async () => null } });
    await expect(service.refresh({ refresh_token: token })).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    await expect(auth({}).service.refresh({ refresh_token: 'junk' })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    });
  });
});

describe('signing out', () => {
  const { token } = newOpaqueToken();
  const other = { session_id: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a99', user_id: USER };
  const ended = (sessions: ReturnType<typeof auth>['sessions']) =>
    sessions.revoke.mock.calls.map(([session, why, effects]) => [session, why, summary(effects).events]);
  const loggedOut = (session_id: string) => ['auth.logged_out', { user_id: USER, session_id }];

  test('ends the session of the access token', async () => {
    const { service, sessions, cuts } = auth({ sessions: { revoke: async () => true } });
    await within({ principal }, () => service.logout({}));
    expect(cuts.ofSession.mock.calls).toEqual([[SESSION]]);
    expect(ended(sessions)).toEqual([
      [{ session_id: SESSION, user_id: USER }, 'logout', [loggedOut(SESSION)]],
    ]);
  });

  test('ends the session of a refresh token', async () => {
    const { service, sessions } = auth({
      sessions: { revoke: async () => true, findByRefreshToken: async () => other },
    });
    await within({}, () => service.logout({ refresh_token: token }));
    expect(ended(sessions)).toEqual([[other, 'logout', [loggedOut(other.session_id)]]]);
  });

  test('ends both sessions when they differ, and one only once', async () => {
    const two = auth({ sessions: { revoke: async () => true, findByRefreshToken: async () => other } });
    await within({ principal }, () => two.service.logout({ refresh_token: token }));
    expect(two.sessions.revoke).toHaveBeenCalledTimes(2);
    const one = auth({
      sessions: {
        revoke: async () => true,
        findByRefreshToken: async () => ({ session_id: SESSION, user_id: USER }),
      },
    });
    await within({ principal }, () => one.service.logout({ refresh_token: token }));
    expect(one.sessions.revoke).toHaveBeenCalledTimes(1);
  });

  test('with a refresh token that is worth nothing has nothing left to end', async () => {
    const { service } = auth({ sessions: { findByRefreshToken: async () => null } });
    await expect(within({}, () => service.logout({ refresh_token: token }))).resolves.toBeUndefined();
    await expect(
      within({}, () => auth({}).service.logout({ refresh_token: 'junk' })),
    ).resolves.toBeUndefined();
  });

  test('needs one or the other', async () => {
    await expect(within({}, () => auth({}).service.logout({}))).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    });
  });
});

describe('the sessions of a caller', () => {
  const at = new Date('2026-01-02T03:04:05.678Z');
  const stored = (id: string, fields: Partial<StoredSession> = {}): StoredSession => ({
    id,
    device_name: null,
    ip_address: '192.0.2.1',
    user_agent: 'curl/8.5.0',
    created_at: at,
    last_used_at: at,
    expires_at: at,
    idle_expires_at: at,
    ...fields,
  });
  const OTHER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a99';

  test('are shown with the name they were given, else with what the user agent tells, and the own one is marked', async () => {
    const data = [stored(SESSION), stored(OTHER, { device_name: 'Laptop' })];
    const { service, records } = auth({ records: { list: async () => ({ data, total: 12 }) } });
    const page = await within({ principal }, () => service.list({ page: 0, size: 2 }));
    expect(page).toEqual({
      data: [
        { ...data[0], device_name: 'curl', current: true },
        { ...data[1], device_name: 'Laptop', current: false },
      ],
      page: 0,
      size: 2,
      total: 12,
    });
    expect(records.list).toHaveBeenCalledWith(USER, { page: 0, size: 2 });
  });

  test('end one by one, and only those of the caller', async () => {
    const { service, sessions } = auth({ sessions: { revoke: async () => true } });
    await within({ principal }, () => service.end(OTHER));
    const [owner, why, effects] = sessions.revoke.mock.calls[0]!;
    expect([owner, why]).toEqual([{ session_id: OTHER, user_id: USER }, 'ended']);
    expect(summary(effects)).toMatchObject({
      events: [['auth.logged_out', { user_id: USER, session_id: OTHER }]],
      audit: [['SESSION_ENDED', USER]],
    });
    const none = auth({ sessions: { revoke: async () => false } });
    await expect(within({ principal }, () => none.service.end(OTHER))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('end all at once', async () => {
    const { service, sessions, cuts } = auth({ sessions: { revokeAll: async () => 3 } });
    await within({ principal }, () => service.logoutAll());
    expect(cuts.ofUser.mock.calls).toEqual([[USER]]);
    const [user, why, effects] = sessions.revokeAll.mock.calls[0]!;
    expect([user, why, summary(effects).audit]).toEqual([USER, 'logout_all', [['LOGGED_OUT_ALL', USER]]]);
  });

  test('are none of the business of a credential that has no session', async () => {
    const { sid: _, ...service } = principal;
    const asService = (work: () => Promise<unknown>) => within({ principal: service }, work);
    for (const act of [
      () => auth({}).service.list({ page: 0, size: 10 }),
      () => auth({}).service.end(OTHER),
      () => auth({}).service.logoutAll(),
    ]) {
      await expect(asService(act)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
  });
});
