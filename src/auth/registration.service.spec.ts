import { describe, expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import type { Effects } from '../platform/database/index.js';
import { User, type UserRepository } from '../users/index.js';
import type { MailBudget } from './mail-budget.js';
import type { PasswordHasher } from './password-hasher.js';
import { RegistrationService } from './registration.service.js';

const PASSWORD = 'Correct-Horse-9';
const user = Object.assign(new User(), { name: 'Ada', email: 'ada@example.com' });

interface Planned {
  users?: Partial<UserRepository>;
  passwords?: Partial<PasswordHasher>;
  registration?: Partial<ArcanaConfig['security']['registration']>;
  budget?: boolean;
}

function auth(planned: Planned) {
  const config = new ArcanaConfig();
  Object.assign(config.security.registration, planned.registration);
  const users = strictMock<UserRepository>('UserRepository', planned.users);
  const passwords = strictMock<PasswordHasher>('PasswordHasher', planned.passwords);
  const budget = strictMock<MailBudget>('MailBudget', { allows: async () => planned.budget ?? true });
  return { users, passwords, budget, service: new RegistrationService(users, passwords, budget, config) };
}

const summary = (effects: Effects) => ({
  events: effects.events.map(({ type, data }) => [type, data]),
  jobs: effects.jobs.map(({ type, data }) => [type, data]),
  audit: effects.audit.map(({ action, target }) => [action, target]),
});

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
      jobs: [
        ['email.verify', { user_id: stored.id }],
        ['email.welcome', { user_id: stored.id }],
      ],
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
    const { service } = auth({ registration: { enabled: false } });
    await expect(service.register(request)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      ...reason('REGISTRATION_CLOSED'),
    });
  });

  describe('where it is hidden who has an account', () => {
    const OWNER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';

    function hidden(owner: User | null, budget = true) {
      return auth({
        registration: { hide_existing: true },
        budget,
        users: { findByEmail: async () => owner, createUnlessTaken: async () => owner === null },
        passwords: { hash: async () => 'hash' },
      });
    }
    const owner = Object.assign(new User(), { id: OWNER });

    test('does the same work and answers the same for free and taken addresses [6.3.8]', async () => {
      const [free, taken] = [hidden(null), hidden(owner)];
      for (const { service } of [free, taken]) expect(await service.register(request)).toBeNull();
      const calls = ({ users, passwords, budget }: typeof free) =>
        [passwords.hash, users.findByEmail, budget.allows, users.createUnlessTaken].map(
          ({ mock }) => mock.calls.length,
        );
      expect(calls(free)).toEqual([1, 1, 1, 1]);
      expect(calls(taken)).toEqual(calls(free));
    });

    test('has the owner of a taken address told, within the budget of mails', async () => {
      const otherwise = async ({ service, users }: ReturnType<typeof hidden>) => {
        await service.register(request);
        return summary(users.createUnlessTaken.mock.calls[0]![2]);
      };
      const told = { events: [], audit: [['REGISTRATION_ATTEMPTED', OWNER]] };
      expect(await otherwise(hidden(owner))).toEqual({
        ...told,
        jobs: [['email.registration_attempt', { user_id: OWNER }]],
      });
      expect(await otherwise(hidden(owner, false))).toEqual({
        ...told,
        jobs: [['email.registration_attempt', {}]],
      });
    });
  });
});
