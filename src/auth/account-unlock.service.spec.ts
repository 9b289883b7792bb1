import { describe, expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import { Principal, RequestContext } from '../platform/context/index.js';
import type { AccessCuts } from '../platform/security/index.js';
import type { CredentialsRepository, User, UserRepository } from '../users/index.js';
import { AccountUnlockService } from './account-unlock.service.js';
import type { SignInThrottle } from './sign-in-throttle.js';

const ID = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';

function unlocking(found: Partial<User> | null, security: Partial<ArcanaConfig['security']> = {}) {
  const config = new ArcanaConfig();
  Object.assign(config.security, security);
  const users = strictMock<UserRepository>('UserRepository', { find: async () => found as User | null });
  const credentials = strictMock<CredentialsRepository>('CredentialsRepository', {
    unlock: async () => found?.status === 'locked',
  });
  const throttle = strictMock<SignInThrottle>('SignInThrottle', { forgive: async () => undefined });
  const cuts = strictMock<AccessCuts>('AccessCuts', { ofUser: async () => undefined });
  const service = new AccountUnlockService(users, credentials, throttle, cuts, config);
  const unlock = (role = 'admin'): Promise<void> => {
    const principal = Object.assign(new Principal(), { id: 'x', roles: [role], via: 'access_token' });
    const context = new RequestContext({ requestId: 'r', protocol: 'http', principal });
    return RequestContext.run(context, () => service.unlock(ID));
  };
  return { unlock, credentials, throttle, cuts };
}

describe('unlocking', () => {
  const locked = { id: ID, email: 'ada@example.com', role: 'user', status: 'locked' } as const;

  test('makes the account active, is audited, and forgets the failures', async () => {
    const { unlock, credentials, throttle, cuts } = unlocking(locked);
    await unlock();
    const [id, unverified, effects] = credentials.unlock.mock.calls[0]!;
    expect([id, unverified]).toEqual([ID, 'active']);
    expect(effects.audit).toEqual([
      expect.objectContaining({
        action: 'USER_UNLOCKED',
        target: ID,
        details: { before: { status: 'locked' } },
      }),
    ]);
    expect(throttle.forgive).toHaveBeenCalledWith('ada@example.com');
    expect(cuts.ofUser).toHaveBeenCalledWith(ID);
  });

  test('of an account that is not locked forgets its failures and cuts nothing', async () => {
    const { unlock, throttle, cuts } = unlocking({ ...locked, status: 'active' });
    await unlock();
    expect(throttle.forgive).toHaveBeenCalled();
    expect(cuts.ofUser).not.toHaveBeenCalled();
  });

  test('does not stand in for the verification of an address where that is needed to sign in', async () => {
    const { unlock, credentials } = unlocking(locked, { allow_unverified_sign_in: false });
    await unlock();
    expect(credentials.unlock.mock.calls[0]![1]).toBe('pending_verification');
  });

  test('of nobody is NOT_FOUND', async () => {
    await expect(unlocking(null).unlock()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('of a super_admin is for a super_admin', async () => {
    const { unlock, throttle } = unlocking({ ...locked, role: 'super_admin' });
    await expect(unlock('admin')).rejects.toMatchObject({
      code: 'FORBIDDEN',
      fields: [expect.objectContaining({ code: 'SUPER_ADMIN_PROTECTED' })],
    });
    expect(throttle.forgive).not.toHaveBeenCalled();
    await unlock('super_admin');
  });
});
