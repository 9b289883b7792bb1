import { describe, expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import type { Effects } from '../platform/database/index.js';
import { User, type UserRepository } from '../users/index.js';
import type { PasswordHasher } from './password-hasher.js';
import { RegistrationService } from './registration.service.js';

const PASSWORD = 'Correct-Horse-9';
const user = Object.assign(new User(), { name: 'Ada', email: 'ada@example.com' });

interface Planned {
  users?: Partial<UserRepository>;
  passwords?: Partial<PasswordHasher>;
  security?: Partial<ArcanaConfig['security']>;
}

function auth(planned: Planned) {
  const config = new ArcanaConfig();
  Object.assign(config.security, planned.security);
  const users = strictMock<UserRepository>('UserRepository', planned.users);
  const passwords = strictMock<PasswordHasher>('PasswordHasher', planned.passwords);
  return { users, passwords, service: new RegistrationService(users, passwords, config) };
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
