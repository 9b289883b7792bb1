import { describe, expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import { RequestContext, type Principal } from '../platform/context/index.js';
import type { Effects } from '../platform/database/index.js';
import { AppError } from '../platform/errors/index.js';
import {
  hashOpaqueToken,
  isOpaqueToken,
  newOpaqueToken,
  User,
  type Credentials,
  type CredentialsRepository,
  type UserRepository,
} from '../users/index.js';
import type { AccessTokens } from './access-tokens.js';
import { AuthService } from './auth.service.js';
import type { PasswordHasher } from './password-hasher.js';
import type { SessionRepository } from './session.repository.js';

const USER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const SESSION = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a88';
const PASSWORD = 'Correct-Horse-9';
const user = Object.assign(new User(), { id: USER, name: 'Ada', email: 'ada@example.com' });

const credentials = (fields: Partial<Credentials> = {}): Credentials => ({
  user_id: USER,
  role: 'moderator',
  status: 'active',
  email_verified: true,
  password_hash: 'hash',
  access_epoch: 4,
  ...fields,
});

interface Planned {
  users?: Partial<UserRepository>;
  credentials?: Partial<CredentialsRepository>;
  sessions?: Partial<SessionRepository>;
  passwords?: Partial<PasswordHasher>;
  security?: Partial<ArcanaConfig['security']>;
}

function auth(planned: Planned) {
  const config = new ArcanaConfig();
  Object.assign(config.security, planned.security);
  const parts = {
    users: strictMock<UserRepository>('UserRepository', planned.users),
    credentials: strictMock<CredentialsRepository>('CredentialsRepository', planned.credentials),
    sessions: strictMock<SessionRepository>('SessionRepository', planned.sessions),
    passwords: strictMock<PasswordHasher>('PasswordHasher', planned.passwords),
    tokens: strictMock<AccessTokens>('AccessTokens', { sign: async () => 'access' }),
  };
  const { users, credentials: creds, sessions, passwords, tokens } = parts;
  return { ...parts, service: new AuthService(users, creds, sessions, passwords, tokens, config) };
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
const reason = (code: string) => ({ fields: [expect.objectContaining({ code })] });

describe('registering', () => {
  const request = { name: 'Ada', email: 'ada@example.com', password: PASSWORD };

  test('stores an account of role user with a hash, and enqueues its welcome', async () => {
    const { service, users, passwords } = auth({
      users: { create: async () => user },
      passwords: { hash: async () => 'hash' },
    });
    expect(await service.register(request)).toBe(user);
    expect(passwords.hash).toHaveBeenCalledWith(PASSWORD);
    const [stored, effects] = users.create.mock.calls[0]!;
    expect(stored).toMatchObject({
      name: 'Ada',
      email: 'ada@example.com',
      role: 'user',
      status: 'pending_verification',
      email_verified: false,
      password_hash: 'hash',
    });
    expect(summary(effects)).toEqual({
      events: [
        ['user.created', { user_id: stored.id, role: 'user' }],
        ['auth.user_registered', { user_id: stored.id }],
      ],
      jobs: [['email.welcome', { user_id: stored.id }]],
      audit: [['USER_REGISTERED', stored.id]],
    });
    expect(JSON.stringify(effects)).not.toContain(PASSWORD);
  });

  test('is refused for a bad password before anything is computed', async () => {
    const refused = auth({}).service.register({ ...request, password: 'Password1' });
    await expect(refused).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      ...reason('PASSWORD_TOO_COMMON'),
    });
  });

  test('is refused where an administrator opens accounts', async () => {
    const { service } = auth({ security: { registration: { enabled: false } } });
    await expect(service.register(request)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      ...reason('REGISTRATION_CLOSED'),
    });
  });
});

describe('signing in', () => {
  const request = { email: 'ada@example.com', password: PASSWORD };
  const opened = (fields: Partial<Credentials> = {}, more: Planned = {}): Planned => ({
    credentials: { findByEmail: async () => credentials(fields), recordSignIn: async () => undefined },
    sessions: { open: async () => undefined },
    passwords: { verify: async () => true, isOutdated: () => false },
    ...more,
  });
  const failed = (found: Credentials | null, isRight: boolean, security = {}): Planned => ({
    credentials: { findByEmail: async () => found },
    sessions: { recordFailure: async () => undefined },
    passwords: { verify: async () => isRight },
    security,
  });

  test('opens a session with the epoch that was read and answers with a pair', async () => {
    const { service, sessions, tokens, credentials: creds } = auth(opened());
    const pair = await within({ ip: '192.0.2.1', userAgent: 'curl' }, () =>
      service.login({ ...request, device_name: 'Laptop' }),
    );
    expect(pair).toEqual({
      access_token: 'access',
      refresh_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
    });
    const [session, effects] = sessions.open.mock.calls[0]!;
    expect(session).toEqual({
      id: expect.any(String),
      user_id: USER,
      access_epoch: 4,
      device_name: 'Laptop',
      ip: '192.0.2.1',
      user_agent: 'curl',
      token_hash: hashOpaqueToken(pair.refresh_token),
      refresh_lifetime_secs: 604_800,
      absolute_lifetime_secs: 2_592_000,
    });
    expect(summary(effects)).toMatchObject({
      events: [['auth.login_succeeded', { user_id: USER, session_id: session.id }]],
      audit: [['LOGIN_SUCCEEDED', USER]],
    });
    expect(tokens.sign).toHaveBeenCalledWith({ sub: USER, sid: session.id, role: 'moderator' }, 900);
    expect(creds.recordSignIn).toHaveBeenCalledWith(USER, undefined);
    expect(isOpaqueToken(pair.refresh_token)).toBe(true);
  });

  test('hashes the password anew when its parameters are of the past', async () => {
    const passwords = { verify: async () => true, isOutdated: () => true, hash: async () => 'new hash' };
    const { service, credentials: creds } = auth(opened({}, { passwords }));
    await service.login(request);
    expect(creds.recordSignIn).toHaveBeenCalledWith(USER, { from: 'hash', to: 'new hash' });
  });

  test('succeeds when there is no capacity to hash anew', async () => {
    const hash = () => Promise.reject(new AppError('SERVICE_UNAVAILABLE'));
    const passwords = { verify: async () => true, isOutdated: () => true, hash };
    const { service, credentials: creds } = auth(opened({}, { passwords }));
    await service.login(request);
    expect(creds.recordSignIn).toHaveBeenCalledWith(USER, undefined);
  });

  test('never promises an access token longer than its session', async () => {
    const { service } = auth(opened({}, { security: { session_absolute_expiration_secs: 60 } }));
    expect((await service.login(request)).expires_in).toBe(60);
  });

  test.each([
    ['an unknown account', null, false, null],
    ['a wrong password', credentials(), false, 'hash'],
    ['an account without a password', credentials({ password_hash: null }), false, null],
    ['a locked account, though the password is right', credentials({ status: 'locked' }), true, 'hash'],
    ['a suspended account and a wrong password', credentials({ status: 'suspended' }), false, 'hash'],
  ])('with %s gets one and the same answer, for the same work', async (_, found, isRight, hash) => {
    const { service, sessions, passwords } = auth(failed(found, isRight));
    const [outcome] = await Promise.allSettled([service.login(request)]);
    const error = (outcome as PromiseRejectedResult).reason as AppError;
    expect(error.toWire()).toEqual(new AppError('INVALID_CREDENTIALS').toWire());
    expect(passwords.verify).toHaveBeenCalledWith(hash, PASSWORD);
    const data = found ? { user_id: USER } : {};
    expect(summary(sessions.recordFailure.mock.calls[0]![0])).toEqual({
      events: [['auth.login_failed', data]],
      jobs: [],
      audit: [['LOGIN_FAILED', found ? USER : undefined]],
    });
  });

  test('with the right password tells a suspended owner why', async () => {
    const { service } = auth(failed(credentials({ status: 'suspended' }), true));
    await expect(service.login(request)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      ...reason('ACCOUNT_SUSPENDED'),
    });
  });

  test('before the address is verified is a matter of configuration', async () => {
    const pending = { status: 'pending_verification', email_verified: false } as const;
    await expect(auth(opened(pending)).service.login(request)).resolves.toBeDefined();
    const { service } = auth(failed(credentials(pending), true, { allow_unverified_sign_in: false }));
    await expect(service.login(request)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      ...reason('EMAIL_NOT_VERIFIED'),
    });
  });
});

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
    const { service, sessions } = auth({ sessions: { revoke: async () => true } });
    await within({ principal }, () => service.logout({}));
    expect(ended(sessions)).toEqual([[SESSION, 'logout', [loggedOut(SESSION)]]]);
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

describe('the caller', () => {
  test('reads its own account', async () => {
    const { service, users } = auth({ users: { find: async () => user } });
    expect(await within({ principal }, () => service.me())).toBe(user);
    expect(users.find).toHaveBeenCalledWith(USER);
  });

  test('is nobody when its account is gone, or nobody signed in', async () => {
    const { service } = auth({ users: { find: async () => null } });
    await expect(within({ principal }, () => service.me())).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    await expect(service.me()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });
});
