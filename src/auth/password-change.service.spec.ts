import { describe, expect, test } from '@jest/globals';
import { notedCuts } from '../../test/support/access-cuts.js';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import { RequestContext, type Principal } from '../platform/context/index.js';
import { AppError } from '../platform/errors/index.js';
import type { Credentials, CredentialsRepository, User, UserRepository } from '../users/index.js';
import type { SignInAttempt } from './sign-in-attempt.js';
import type { SignInThrottle } from './sign-in-throttle.js';
import { PasswordChangeService } from './password-change.service.js';
import type { PasswordHasher } from './password-hasher.js';
import type { SessionRepository } from './session.repository.js';

const USER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const SESSION = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a88';
const principal: Principal = { id: USER, roles: ['user'], sid: SESSION, via: 'access_token' };
const REQUEST = { current_password: 'Correct-Horse-9', new_password: 'Battery-Staple-8' };

const credentials: Credentials = {
  user_id: USER,
  role: 'user',
  status: 'active',
  email_verified: true,
  password_hash: 'hash',
  access_epoch: 4,
};

function auth(
  planned: {
    sessions?: Partial<SessionRepository>;
    passwords?: Partial<PasswordHasher>;
    found?: Credentials | null;
    admit?: SignInThrottle['admit'];
  } = {},
) {
  const user = { id: USER, name: 'Ada', email: 'countess@example.com' } as User;
  const users = strictMock<UserRepository>('UserRepository', { find: async () => user });
  const stored = planned.found === undefined ? credentials : planned.found;
  const creds = strictMock<CredentialsRepository>('CredentialsRepository', {
    findByEmail: async () => stored,
  });
  const sessions = strictMock<SessionRepository>('SessionRepository', planned.sessions);
  const passwords = strictMock<PasswordHasher>('PasswordHasher', planned.passwords);
  const cuts = notedCuts();
  const attempt = strictMock<SignInAttempt>('SignInAttempt', {
    failed: async () => undefined,
    succeeded: async () => undefined,
    dropped: async () => undefined,
  });
  const throttle = strictMock<SignInThrottle>('SignInThrottle', {
    admit: planned.admit ?? (async () => attempt),
  });
  const service = new PasswordChangeService(
    users,
    creds,
    sessions,
    passwords,
    throttle,
    cuts,
    new ArcanaConfig(),
  );
  return { sessions, passwords, attempt, throttle, cuts, service };
}

const within = <T>(work: () => Promise<T>, who = principal) =>
  RequestContext.run(new RequestContext({ requestId: 'r', protocol: 'http', principal: who }), work);
const reason = (field: string, code: string) => ({
  code: 'VALIDATION_FAILED',
  fields: [expect.objectContaining({ field, code })],
});

describe('changing a password', () => {
  const right = { verify: async () => true, hash: async () => 'new hash' };

  test('sets it with the epoch that was read, for the session that asks', async () => {
    const { service, sessions, passwords, attempt, throttle, cuts } = auth({
      sessions: { replacePassword: async () => true },
      passwords: right,
    });
    await within(() => service.change(REQUEST));
    const [replacement, effects] = sessions.replacePassword.mock.calls[0]!;
    expect(replacement).toEqual({
      user_id: USER,
      session_id: SESSION,
      access_epoch: 4,
      password_hash: 'new hash',
    });
    expect(effects.events.map(({ type, data }) => [type, data])).toEqual([
      ['auth.password_changed', { user_id: USER }],
    ]);
    expect(effects.audit.map(({ action, target }) => [action, target])).toEqual([['PASSWORD_CHANGED', USER]]);
    expect(JSON.stringify(effects)).not.toMatch(/Correct-Horse|Battery-Staple|hash/);
    const [hash, password, check] = passwords.verify.mock.calls[0]!;
    expect([hash, password]).toEqual(['hash', REQUEST.current_password]);
    expect(check).toBe(attempt);
    expect(throttle.admit).toHaveBeenCalledWith('countess@example.com');
    expect(attempt.succeeded.mock.calls).toEqual([[USER]]);
    expect(cuts.ofUser.mock.calls).toEqual([[USER]]);
  });

  test('is refused for a wrong present password, and that is written down', async () => {
    const { service, sessions, attempt } = auth({
      sessions: { recordFailure: async () => undefined },
      passwords: { verify: async () => false },
    });
    await expect(within(() => service.change(REQUEST))).rejects.toMatchObject(
      reason('current_password', 'CURRENT_PASSWORD_WRONG'),
    );
    expect(sessions.recordFailure.mock.calls[0]![0].audit.map(({ action }) => action)).toEqual([
      'PASSWORD_CHANGE_FAILED',
    ]);
    expect(attempt.failed).toHaveBeenCalledTimes(1);
  });

  test('is refused before anything is hashed when the new one breaks the policy or is the old one', async () => {
    const { service } = auth();
    const change = (new_password: string, current_password = REQUEST.current_password) =>
      within(() => service.change({ current_password, new_password }));
    await expect(change('My-Countess-7')).rejects.toMatchObject(
      reason('new_password', 'PASSWORD_CONTAINS_IDENTITY'),
    );
    await expect(change('Short-1')).rejects.toMatchObject(reason('new_password', 'PASSWORD_TOO_SHORT'));
    await expect(change(REQUEST.current_password)).rejects.toMatchObject(
      reason('new_password', 'PASSWORD_UNCHANGED'),
    );
    // One password, typed on two systems.
    await expect(change('Caf\u00e9-Noir-42', 'Cafe\u0301-Noir-42')).rejects.toMatchObject(
      reason('new_password', 'PASSWORD_UNCHANGED'),
    );
  });

  test('is refused when the session or its access ended while the password was being hashed', async () => {
    const { service } = auth({ sessions: { replacePassword: async () => false }, passwords: right });
    await expect(within(() => service.change(REQUEST))).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test('is refused when the account is gone, or its address has become that of another', async () => {
    for (const found of [null, { ...credentials, user_id: SESSION }]) {
      await expect(within(() => auth({ found }).service.change(REQUEST))).rejects.toMatchObject({
        code: 'UNAUTHORIZED',
      });
    }
  });

  test('is refused before anything is hashed after too many wrong passwords', async () => {
    const { service } = auth({ admit: () => Promise.reject(new AppError('TOO_MANY_REQUESTS')) });
    await expect(within(() => service.change(REQUEST))).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  });

  test('counts for nothing when the password cannot be checked', async () => {
    const { service, attempt } = auth({
      passwords: { verify: () => Promise.reject(new AppError('SERVICE_UNAVAILABLE')) },
    });
    await expect(within(() => service.change(REQUEST))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    expect(attempt.dropped).toHaveBeenCalledTimes(1);
    expect(attempt.failed).not.toHaveBeenCalled();
  });

  test('is for people with a session', async () => {
    const { sid: _, ...service } = principal;
    await expect(within(() => auth().service.change(REQUEST), service)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});
