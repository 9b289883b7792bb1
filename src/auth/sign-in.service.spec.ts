import { describe, expect, test } from '@jest/globals';
import { notedCuts } from '../../test/support/access-cuts.js';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import { RequestContext } from '../platform/context/index.js';
import type { Effects } from '../platform/database/index.js';
import { AppError } from '../platform/errors/index.js';
import {
  hashOpaqueToken,
  isOpaqueToken,
  type Credentials,
  type CredentialsRepository,
} from '../users/index.js';
import type { AccessTokens } from './access-tokens.js';
import type { PasswordHasher } from './password-hasher.js';
import type { SignInAttempt } from './sign-in-attempt.js';
import type { SessionRepository } from './session.repository.js';
import type { SignInThrottle } from './sign-in-throttle.js';
import { SignInService } from './sign-in.service.js';
import { TokenPairs } from './token-pairs.js';

const USER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const PASSWORD = 'Correct-Horse-9';

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
  credentials?: Partial<CredentialsRepository>;
  sessions?: Partial<SessionRepository>;
  passwords?: Partial<PasswordHasher>;
  attempt?: Partial<SignInAttempt>;
  throttle?: Partial<SignInThrottle>;
  security?: Partial<ArcanaConfig['security']>;
}

function auth(planned: Planned) {
  const config = new ArcanaConfig();
  Object.assign(config.security, planned.security);
  const creds = strictMock<CredentialsRepository>('CredentialsRepository', planned.credentials);
  const sessions = strictMock<SessionRepository>('SessionRepository', planned.sessions);
  const passwords = strictMock<PasswordHasher>('PasswordHasher', planned.passwords);
  const tokens = strictMock<AccessTokens>('AccessTokens', { sign: async () => 'access' });
  const pairs = new TokenPairs(tokens, config);
  const attempt = strictMock<SignInAttempt>('SignInAttempt', {
    failed: async () => undefined,
    succeeded: async () => undefined,
    dropped: async () => undefined,
    ...planned.attempt,
  });
  const throttle = strictMock<SignInThrottle>('SignInThrottle', {
    admit: async () => attempt,
    ...planned.throttle,
  });
  const service = new SignInService(creds, sessions, passwords, pairs, throttle, notedCuts(), config);
  /** How the attempt ended, in order. */
  const ends = () =>
    (['failed', 'succeeded', 'dropped'] as const).filter((end) => attempt[end].mock.calls.length > 0);
  return { attempt, ends, credentials: creds, sessions, passwords, tokens, service };
}

const summary = (effects: Effects) => ({
  events: effects.events.map(({ type, data }) => [type, data]),
  jobs: effects.jobs.map(({ type, data }) => [type, data]),
  audit: effects.audit.map(({ action, target }) => [action, target]),
});

const within = <T>(context: { ip?: string; userAgent?: string }, work: () => Promise<T>) =>
  RequestContext.run(new RequestContext({ requestId: 'r', protocol: 'http', ...context }), work);
const reason = (code: string) => ({ fields: [expect.objectContaining({ code })] });

describe('signing in', () => {
  const request = { email: 'ada@example.com', password: PASSWORD };
  const opened = (fields: Partial<Credentials> = {}, more: Planned = {}): Planned => ({
    credentials: { findByEmail: async () => credentials(fields) },
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
    const { service, sessions, tokens, attempt, ends } = auth(opened());
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
      idle_lifetime_secs: 604_800,
    });
    expect(summary(effects)).toMatchObject({
      events: [['auth.login_succeeded', { user_id: USER, session_id: session.id }]],
      audit: [['LOGIN_SUCCEEDED', USER]],
    });
    expect(tokens.sign).toHaveBeenCalledWith({ sub: USER, sid: session.id, role: 'moderator' }, 900);
    expect(isOpaqueToken(pair.refresh_token)).toBe(true);
    expect(ends()).toEqual(['succeeded']);
    expect(attempt.succeeded).toHaveBeenCalledWith(USER);
  });

  test('hashes the password anew when its parameters are of the past', async () => {
    const passwords = { verify: async () => true, isOutdated: () => true, hash: async () => 'new hash' };
    const { service, sessions } = auth(opened({}, { passwords }));
    await service.login(request);
    expect(sessions.open.mock.calls[0]![0].password_upgrade).toEqual({ from: 'hash', to: 'new hash' });
  });

  test('succeeds when there is no capacity to hash anew', async () => {
    const hash = () => Promise.reject(new AppError('SERVICE_UNAVAILABLE'));
    const passwords = { verify: async () => true, isOutdated: () => true, hash };
    const { service, sessions } = auth(opened({}, { passwords }));
    await service.login(request);
    expect(sessions.open.mock.calls[0]![0]).not.toHaveProperty('password_upgrade');
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
    const { service, sessions, passwords, attempt, ends } = auth(failed(found, isRight));
    const [outcome] = await Promise.allSettled([service.login(request)]);
    const error = (outcome as PromiseRejectedResult).reason as AppError;
    expect(error.toWire()).toEqual(new AppError('INVALID_CREDENTIALS').toWire());
    const [against, tried, check] = passwords.verify.mock.calls[0]!;
    expect([against, tried, check === attempt]).toEqual([hash, PASSWORD, true]);
    expect(ends()).toEqual(['failed']);
    const data = found ? { user_id: USER } : {};
    expect(summary(sessions.recordFailure.mock.calls[0]![0])).toEqual({
      events: [['auth.login_failed', data]],
      jobs: [],
      audit: [['LOGIN_FAILED', found ? USER : undefined]],
    });
  });

  test('with the right password tells a suspended owner why', async () => {
    const { service, ends } = auth(failed(credentials({ status: 'suspended' }), true));
    await expect(service.login(request)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      ...reason('ACCOUNT_SUSPENDED'),
    });
    expect(ends()).toEqual(['dropped']);
  });

  test('[6.3.1] that the throttle refuses costs no hash, no question and no write', async () => {
    const admit = () => Promise.reject(new AppError('TOO_MANY_REQUESTS'));
    const { service } = auth({ throttle: { admit } });
    await expect(service.login(request)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  });

  test('counts nothing when the password was not tried', async () => {
    const verify = () => Promise.reject(new AppError('SERVICE_UNAVAILABLE'));
    const { service, ends } = auth({
      credentials: { findByEmail: async () => credentials() },
      passwords: { verify },
    });
    await expect(service.login(request)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(ends()).toEqual(['dropped']);
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
