import { describe, expect, test } from '@jest/globals';
import { notedCuts } from '../../test/support/access-cuts.js';
import { strictMock } from '../../test/support/strict-mock.js';
import { RequestContext } from '../platform/context/index.js';
import { newOpaqueToken, User, type AccountTokenRepository, type UserRepository } from '../users/index.js';
import { VerificationService } from './verification.service.js';

const ID = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const owner = { user_id: ID, name: 'Ada', email: 'ada@example.com' };
const invalid = { code: 'VALIDATION_FAILED', fields: [{ code: 'VERIFICATION_TOKEN_INVALID' }] };

function setUp(planned: Partial<AccountTokenRepository>, user: User | null = null) {
  const tokens = strictMock<AccountTokenRepository>('AccountTokenRepository', planned);
  const users = strictMock<UserRepository>('UserRepository', { find: async () => user });
  const cuts = notedCuts();
  return { tokens, cuts, service: new VerificationService(users, tokens, cuts) };
}

describe('verifying an address', () => {
  const { token, hash } = newOpaqueToken();

  test('uses the token up, is audited, and lets sessions go on', async () => {
    const { service, tokens, cuts } = setUp({ find: async () => owner, redeemForAddress: async () => true });
    await service.verify({ token });
    expect(tokens.find).toHaveBeenCalledWith('verify_email', hash);
    const [used, { audit }] = tokens.redeemForAddress.mock.calls[0]!;
    expect([used, audit.map(({ action, target }) => [action, target])]).toEqual([
      hash,
      [['EMAIL_VERIFIED', ID]],
    ]);
    expect(cuts.ofProfile.mock.calls).toEqual([[ID]]);
    expect(cuts.ofUser).not.toHaveBeenCalled();
  });

  test('is refused for an unknown token, for junk without a question, and for all but the first', async () => {
    await expect(setUp({ find: async () => null }).service.verify({ token })).rejects.toMatchObject(invalid);
    await expect(setUp({}).service.verify({ token: 'junk' })).rejects.toMatchObject(invalid);
    const late = setUp({ find: async () => owner, redeemForAddress: async () => false });
    await expect(late.service.verify({ token })).rejects.toMatchObject(invalid);
  });
});

describe('asking for another mail', () => {
  const resend = (user: User | null) => {
    const made = setUp({ record: async () => undefined }, user);
    const context = new RequestContext({ protocol: 'http' } as never);
    context.principal = { id: ID, roles: ['user'], via: 'access_token' } as never;
    return { ...made, done: RequestContext.run(context, () => made.service.resend()) };
  };
  const user = (email_verified: boolean) => Object.assign(new User(), { id: ID, email_verified });

  test('enqueues it, audited', async () => {
    const { done, tokens } = resend(user(false));
    await done;
    const [{ jobs, audit }] = tokens.record.mock.calls[0]!;
    expect(jobs).toMatchObject([{ type: 'email.verify', data: { user_id: ID } }]);
    expect(audit).toMatchObject([{ action: 'EMAIL_VERIFICATION_REQUESTED', target: ID }]);
  });

  test('does nothing when there is nothing to verify, and is refused when the account is gone', async () => {
    const verified = resend(user(true));
    await verified.done;
    expect(verified.tokens.record).not.toHaveBeenCalled();
    await expect(resend(null).done).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });
});
