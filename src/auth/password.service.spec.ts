import { describe, expect, test } from '@jest/globals';
import { notedCuts } from '../../test/support/access-cuts.js';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import type { Effects } from '../platform/database/index.js';
import { newOpaqueToken, type AccountTokenRepository } from '../users/index.js';
import type { PasswordHasher } from './password-hasher.js';
import { PasswordService } from './password.service.js';
import type { SignInThrottle } from './sign-in-throttle.js';

const USER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const PASSWORD = 'Correct-Horse-9';

function auth(planned: { tokens?: Partial<AccountTokenRepository>; passwords?: Partial<PasswordHasher> }) {
  const tokens = strictMock<AccountTokenRepository>('AccountTokenRepository', planned.tokens);
  const passwords = strictMock<PasswordHasher>('PasswordHasher', planned.passwords);
  const cuts = notedCuts();
  const throttle = strictMock<SignInThrottle>('SignInThrottle', { welcome: async () => undefined });
  const service = new PasswordService(tokens, passwords, new ArcanaConfig(), cuts, throttle);
  return { tokens, cuts, throttle, service };
}

const summary = (effects: Effects) => ({
  events: effects.events.map(({ type, data }) => [type, data]),
  audit: effects.audit.map(({ action, target }) => [action, target]),
});
const reason = (code: string) => ({ fields: [expect.objectContaining({ code })] });

describe('setting a password by token', () => {
  const { token, hash } = newOpaqueToken();
  const owner = { user_id: USER, name: 'Ada', email: 'countess@example.com' };
  const invalid = { code: 'VALIDATION_FAILED', ...reason('RESET_TOKEN_INVALID') };

  test('sets it and says so', async () => {
    const { service, tokens, cuts, throttle } = auth({
      tokens: { find: async () => owner, redeemForPassword: async () => true },
      passwords: { hash: async () => 'new hash' },
    });
    await service.reset({ token, new_password: PASSWORD });
    const [usedHash, passwordHash, effects] = tokens.redeemForPassword.mock.calls[0]!;
    expect([usedHash, passwordHash]).toEqual([hash, 'new hash']);
    expect(summary(effects)).toMatchObject({
      events: [['auth.password_changed', { user_id: USER }]],
      audit: [['PASSWORD_RESET', USER]],
    });
    expect(cuts.ofUser.mock.calls).toEqual([[USER]]);
    expect(throttle.welcome.mock.calls).toEqual([[USER, owner.email]]);
    // The token is used up: the answer must not be an error because of what comes after.
    throttle.welcome.mockRejectedValueOnce(new Error('the database is away'));
    await service.reset({ token, new_password: PASSWORD });
  });

  test('keeps the token when the password is refused', async () => {
    const { service } = auth({ tokens: { find: async () => owner } });
    const refused = service.reset({ token, new_password: 'My-Countess-7' });
    await expect(refused).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ field: 'new_password', code: 'PASSWORD_CONTAINS_IDENTITY', message: expect.any(String) }],
    });
  });

  test('is refused for an unknown token, for junk, and for all but the first of several', async () => {
    const unknown = auth({ tokens: { find: async () => null } });
    await expect(unknown.service.reset({ token, new_password: PASSWORD })).rejects.toMatchObject(invalid);
    const junk = auth({}).service.reset({ token: 'junk', new_password: PASSWORD });
    await expect(junk).rejects.toMatchObject(invalid);
    const late = auth({
      tokens: { find: async () => owner, redeemForPassword: async () => false },
      passwords: { hash: async () => 'new hash' },
    });
    await expect(late.service.reset({ token, new_password: PASSWORD })).rejects.toMatchObject(invalid);
  });
});
