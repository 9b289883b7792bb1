import { describe, expect, test } from '@jest/globals';
import { notedCuts } from '../../test/support/access-cuts.js';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import { RequestContext, type Principal } from '../platform/context/index.js';
import type { Effects } from '../platform/database/index.js';
import { hashOpaqueToken, newOpaqueToken } from '../users/index.js';
import type { AccessTokens } from './access-tokens.js';
import type { SessionRepository } from './session.repository.js';
import { SessionService } from './session.service.js';
import { TokenPairs } from './token-pairs.js';

const USER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const SESSION = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a88';

interface Planned {
  sessions?: Partial<SessionRepository>;
  security?: Partial<ArcanaConfig['security']>;
}

function auth(planned: Planned) {
  const config = new ArcanaConfig();
  Object.assign(config.security, planned.security);
  const sessions = strictMock<SessionRepository>('SessionRepository', planned.sessions);
  const tokens = strictMock<AccessTokens>('AccessTokens', { sign: async () => 'access' });
  const cuts = notedCuts();
  const service = new SessionService(sessions, new TokenPairs(tokens, config), cuts, config);
  return { sessions, tokens, cuts, service };
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
    });
    expect(summary(onReuse)).toMatchObject({
      events: [['auth.token_reuse_detected', { user_id: USER, session_id: SESSION }]],
      audit: [['TOKEN_REUSE_DETECTED', USER]],
    });
    expect(tokens.sign).toHaveBeenCalledWith({ sub: USER, sid: SESSION, role: 'admin' }, 900);
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
    const { service, tokens } = auth(rotating({ outcome }));
    await expect(service.refresh({ refresh_token: token })).rejects.toMatchObject({ code });
    expect(tokens.sign).not.toHaveBeenCalled();
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
    sessions.revoke.mock.calls.map(([id, why, effects]) => [id, why, summary(effects).events]);
  const loggedOut = (session_id: string) => ['auth.logged_out', { user_id: USER, session_id }];

  test('ends the session of the access token', async () => {
    const { service, sessions, cuts } = auth({ sessions: { revoke: async () => true } });
    await within({ principal }, () => service.logout({}));
    expect(ended(sessions)).toEqual([[SESSION, 'logout', [loggedOut(SESSION)]]]);
    expect(cuts.ofSession.mock.calls).toEqual([[SESSION]]);
  });

  test('ends the session of a refresh token', async () => {
    const { service, sessions } = auth({
      sessions: { revoke: async () => true, findByRefreshToken: async () => other },
    });
    await within({}, () => service.logout({ refresh_token: token }));
    expect(ended(sessions)).toEqual([[other.session_id, 'logout', [loggedOut(other.session_id)]]]);
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
