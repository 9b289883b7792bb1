import { describe, expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import { AppError } from '../platform/errors/index.js';
import { User, type UserRepository } from '../users/index.js';
import { BootstrapService } from './bootstrap.service.js';
import type { PasswordHasher } from './password-hasher.js';
import { checkPassword } from './password-policy.js';

interface Planned {
  hasSuperAdmin?: boolean;
  created?: () => Promise<User | null>;
  environment?: ArcanaConfig['environment'];
  bootstrap?: Partial<ArcanaConfig['bootstrap']>;
}

function bootstrap({
  hasSuperAdmin = false,
  created = async () => new User(),
  environment,
  bootstrap,
}: Planned) {
  const config = new ArcanaConfig();
  if (environment) config.environment = environment;
  Object.assign(config.bootstrap, bootstrap);
  const users = strictMock<UserRepository>('UserRepository', {
    hasSuperAdmin: async () => hasSuperAdmin,
    createFirstSuperAdmin: created,
  });
  const passwords = strictMock<PasswordHasher>('PasswordHasher', {
    hash: async (password) => `hash of ${password}`,
  });
  return { users, service: new BootstrapService(users, passwords, config) };
}

const CONFIGURED = { admin_email: 'root@example.com', admin_password: 'Correct-Horse-9' };

describe('the first super_admin', () => {
  test('is made with a random password that is told once and satisfies every policy', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 50; round++) {
      const { users, service } = bootstrap({});
      const told = await service.ensure();
      expect(told?.email).toBe('admin@arcana.local');
      expect(told?.password).toHaveLength(24);
      for (const policy of ['classic', 'nist'] as const) {
        expect(() =>
          checkPassword(told!.password, policy, { name: 'Administrator', email: told!.email }, 'p'),
        ).not.toThrow();
      }
      seen.add(told!.password);
      const [stored, effects] = users.createFirstSuperAdmin.mock.calls[0]!;
      expect(stored).toMatchObject({
        role: 'super_admin',
        status: 'active',
        email_verified: true,
        password_hash: `hash of ${told!.password}`,
      });
      expect(JSON.stringify(effects)).not.toContain(told!.password);
      expect(effects.audit[0]).toMatchObject({ action: 'FIRST_SUPER_ADMIN_CREATED', target: stored.id });
    }
    expect(seen.size).toBe(50);
  });

  test('is made as configured, and nothing is told then', async () => {
    for (const environment of ['development', 'production'] as const) {
      const { users, service } = bootstrap({ environment, bootstrap: CONFIGURED });
      expect(await service.ensure()).toBeNull();
      expect(users.createFirstSuperAdmin.mock.calls[0]![0]).toMatchObject({
        email: 'root@example.com',
        password_hash: 'hash of Correct-Horse-9',
      });
    }
  });

  test('is made with a configured address and a random password', async () => {
    const { service } = bootstrap({ bootstrap: { admin_email: 'root@example.com' } });
    expect(await service.ensure()).toEqual({ email: 'root@example.com', password: expect.any(String) });
  });

  test('is left alone when there is one', async () => {
    const { users, service } = bootstrap({ hasSuperAdmin: true, environment: 'production' });
    expect(await service.ensure()).toBeNull();
    expect(users.createFirstSuperAdmin).not.toHaveBeenCalled();
  });

  test('is not told by the process that came second', async () => {
    expect(await bootstrap({ created: async () => null }).service.ensure()).toBeNull();
  });
});

describe('the start fails in one sentence', () => {
  test.each([undefined, { admin_email: 'root@example.com' }, { admin_password: 'Correct-Horse-9' }])(
    'in production with %j',
    async (settings) => {
      const { service } = bootstrap({ environment: 'production', bootstrap: settings });
      await expect(service.ensure()).rejects.toThrow(
        'There is no super_admin yet: set ARCANA_BOOTSTRAP__ADMIN_EMAIL and ARCANA_BOOTSTRAP__ADMIN_PASSWORD for the first start.',
      );
    },
  );

  test('for a configured password that is not good enough, without repeating it', async () => {
    const { service } = bootstrap({ bootstrap: { ...CONFIGURED, admin_password: 'hunter2' } });
    const failure = await service.ensure().catch((error: unknown) => error);
    expect((failure as Error).message).toMatch(
      /^ARCANA_BOOTSTRAP__ADMIN_PASSWORD is not good enough: .*too short/,
    );
    expect((failure as Error).message).not.toContain('hunter2');
  });

  test('for an address that somebody has', async () => {
    const taken = () => Promise.reject(new AppError('CONFLICT'));
    const { service } = bootstrap({ created: taken, bootstrap: CONFIGURED });
    await expect(service.ensure()).rejects.toThrow('root@example.com belongs to another account');
  });

  test('for what the database says, unchanged', async () => {
    const failure = new AppError('SERVICE_UNAVAILABLE');
    const { service } = bootstrap({ created: () => Promise.reject(failure) });
    await expect(service.ensure()).rejects.toBe(failure);
  });
});
