import { describe, expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import { RequestContext } from '../platform/context/index.js';
import type { Role } from '../platform/security/index.js';
import { User, type AccountTokenRepository, type UserRepository } from '../users/index.js';
import type { MailBudget } from './mail-budget.js';
import { RecoveryService } from './recovery.service.js';

const ID = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const CALLER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a00';

const account = (role: Role): User => Object.assign(new User(), { id: ID, role });

function setUp(user: User | null, allowed = true) {
  const users = strictMock<UserRepository>('UserRepository', {
    find: async () => user,
    findByEmail: async () => user,
  });
  const tokens = strictMock<AccountTokenRepository>('AccountTokenRepository', {
    record: async () => undefined,
  });
  const budget = strictMock<MailBudget>('MailBudget', { allows: async () => allowed });
  const service = new RecoveryService(users, tokens, budget);
  const calls = () =>
    [budget.allows, users.find, users.findByEmail, tokens.record].map(({ mock }) => mock.calls.length);
  const recorded = () => {
    const { events, jobs, audit } = tokens.record.mock.calls[0]![0];
    return {
      events: events.map(({ type, data }) => [type, data]),
      jobs: jobs.map(({ type, data }) => [type, data]),
      audit: audit.map(({ action, target }) => [action, target]),
    };
  };
  return { service, calls, recorded };
}

const as = <T>(role: Role, work: () => Promise<T>): Promise<T> => {
  const context = new RequestContext({ protocol: 'http' } as never);
  context.principal = { id: CALLER, roles: [role], via: 'access_token' } as never;
  return RequestContext.run(context, work);
};

describe('a forgotten password', () => {
  test('costs the same calls and effects for known and unknown addresses [6.3.8]', async () => {
    const [known, unknown] = [setUp(account('user')), setUp(null)];
    for (const { service } of [known, unknown]) await service.requestReset({ email: 'ada@example.com' });
    expect(known.calls()).toEqual([1, 0, 1, 1]);
    expect(unknown.calls()).toEqual(known.calls());
    expect(known.recorded()).toEqual({
      events: [['auth.password_reset_requested', { user_id: ID }]],
      jobs: [['email.password_reset', { user_id: ID }]],
      audit: [['PASSWORD_RESET_REQUESTED', ID]],
    });
    expect(unknown.recorded()).toEqual({
      events: [['auth.password_reset_requested', {}]],
      jobs: [['email.password_reset', {}]],
      audit: [['PASSWORD_RESET_REQUESTED', undefined]],
    });
  });

  test('beyond the budget of an address is dropped without a word, before anybody is looked up', async () => {
    const { service, calls } = setUp(account('user'), false);
    await service.requestReset({ email: 'ada@example.com' });
    expect(calls()).toEqual([1, 0, 0, 0]);
  });
});

describe('a reset by an administrator', () => {
  test('is a mail to the owner [6.4.6]', async () => {
    const { service, recorded } = setUp(account('moderator'));
    await as('admin', () => service.sendReset(ID));
    expect(recorded().jobs).toEqual([['email.password_reset', { user_id: ID }]]);
    expect(recorded().audit).toEqual([['PASSWORD_RESET_REQUESTED', ID]]);
  });

  test('is refused for whom the caller may not touch, and for nobody', async () => {
    const protectedOne = as('admin', () => setUp(account('super_admin')).service.sendReset(ID));
    await expect(protectedOne).rejects.toMatchObject({ fields: [{ code: 'SUPER_ADMIN_PROTECTED' }] });
    const nobody = as('admin', () => setUp(null).service.sendReset(ID));
    await expect(nobody).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
