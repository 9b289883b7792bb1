import { describe, expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import { RequestContext, type Principal } from '../platform/context/index.js';
import { User, type UserRepository } from '../users/index.js';
import { ProfileService } from './profile.service.js';

const USER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const user = Object.assign(new User(), { id: USER, name: 'Ada', email: 'ada@example.com' });
const principal: Principal = { id: USER, roles: ['user'], sid: USER, via: 'access_token' };

function auth(planned: { users?: Partial<UserRepository> }) {
  const users = strictMock<UserRepository>('UserRepository', planned.users);
  return { users, service: new ProfileService(users) };
}

const within = <T>(
  context: { principal?: Principal; ip?: string; userAgent?: string },
  work: () => Promise<T>,
) => RequestContext.run(new RequestContext({ requestId: 'r', protocol: 'http', ...context }), work);

describe('the caller', () => {
  test('reads its own account', async () => {
    const { service, users } = auth({ users: { find: async () => user } });
    expect(await within({ principal }, () => service.me())).toBe(user);
    expect(users.find).toHaveBeenCalledWith(USER);
  });

  test('is remembered in the state that it was found in, and read again in any other', async () => {
    const { service, users } = auth({ users: { find: async () => Object.assign(new User(), user) } });
    const meAt = (revision: string) => within({ principal: { ...principal, revision } }, () => service.me());
    const first = await meAt('700.1');
    expect(await meAt('700.1')).toBe(first);
    expect(users.find).toHaveBeenCalledTimes(1);
    expect(await meAt('701.1')).not.toBe(first);
    expect(users.find).toHaveBeenCalledTimes(2);
  });

  test('is not remembered where its state is not known', async () => {
    const { service, users } = auth({ users: { find: async () => user } });
    await within({ principal }, () => service.me());
    await within({ principal }, () => service.me());
    expect(users.find).toHaveBeenCalledTimes(2);
  });

  test('is nobody when its account is gone, or nobody signed in', async () => {
    const { service } = auth({ users: { find: async () => null } });
    await expect(within({ principal }, () => service.me())).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    await expect(service.me()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });
});
