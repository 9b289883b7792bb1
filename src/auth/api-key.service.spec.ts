import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import { RequestContext } from '../platform/context/index.js';
import { AppError } from '../platform/errors/index.js';
import type { Role } from '../platform/security/index.js';
import { mintApiKey } from './api-key.format.js';
import type { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeyService } from './api-key.service.js';
import { CallerService } from './caller.service.js';
import { ApiKey, ApiKeyPage, CreateApiKey } from './dto/api-key.dto.js';
import { LiveApiKey } from './dto/live-api-key.dto.js';
import type { TokenService } from './token.service.js';

const USER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a00';
const ID = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const NOW = new Date('2026-11-21T12:00:00Z');
const DAY_MS = 86_400_000;

const stored = (fields: Partial<ApiKey> = {}): ApiKey =>
  Object.assign(new ApiKey(), {
    id: ID,
    name: 'Import',
    prefix: `ak_${ID}_abcd`,
    scopes: ['users:read'],
    created_at: NOW,
    expires_at: null,
    last_used_at: null,
    ...fields,
  });

function service(planned: Partial<ApiKeyRepository>, days?: number) {
  const config = new ArcanaConfig();
  if (days !== undefined) config.security.api_keys.max_lifetime_days = days;
  const keys = strictMock<ApiKeyRepository>('ApiKeyRepository', planned);
  return { keys, service: new ApiKeyService(keys, config) };
}

const as = <T>(role: Role, work: () => Promise<T>): Promise<T> =>
  RequestContext.run(
    new RequestContext({
      requestId: 'r',
      protocol: 'http',
      principal: { id: USER, roles: [role], via: 'access_token' },
    }),
    work,
  );

const request = (fields: Partial<CreateApiKey> = {}): CreateApiKey =>
  Object.assign(new CreateApiKey(), { name: 'Import', scopes: ['users:read'], ...fields });
const code = (reason: string) => ({ fields: [{ code: reason }] });

afterEach(() => {
  jest.useRealTimers();
});

describe('making a key', () => {
  const creating = { create: async () => stored() };

  test('stores its hash, and answers with the key this once', async () => {
    const { keys, service: underTest } = service(creating);
    const made = await as('moderator', () => underTest.create(request()));
    const [row, effects] = keys.create.mock.calls[0]!;
    const secret = made.key.slice(-43);
    expect(row).toMatchObject({ user_id: USER, name: 'Import', scopes: ['users:read'], max_keys: 50 });
    expect(made.key).toBe(`ak_${row.id}_${secret}`);
    expect(JSON.stringify([row, effects])).not.toContain(secret);
    expect(effects.audit).toMatchObject([
      {
        action: 'API_KEY_CREATED',
        target: USER,
        details: { key_id: row.id, name: 'Import', scopes: ['users:read'] },
      },
    ]);
  });

  test.each<[Role, string[], boolean]>([
    ['moderator', ['users:read', 'jobs:read'], true],
    ['moderator', ['users:read', 'users:list'], false],
    ['user', ['users:read'], false],
    ['user', [], true],
    ['admin', ['users:manage_super_admins'], false],
    ['super_admin', ['users:manage_super_admins'], true],
  ])('of a %s with the scopes %j: %s', async (role, scopes, isAllowed) => {
    const { service: underTest } = service(isAllowed ? creating : {});
    const making = as(role, () => underTest.create(request({ scopes: scopes as never })));
    if (isAllowed) await making;
    else await expect(making).rejects.toMatchObject({ code: 'FORBIDDEN', ...code('SCOPE_ABOVE_OWN') });
  });

  test.each<[Partial<CreateApiKey>, number, Date | null]>([
    [{}, 365, new Date(NOW.getTime() + 365 * DAY_MS)],
    [{}, 0, null],
    [{ expires_in_days: 30 }, 365, new Date(NOW.getTime() + 30 * DAY_MS)],
    [{ expires_in_days: 3650 }, 0, new Date(NOW.getTime() + 3650 * DAY_MS)],
    [{ expires_at: new Date(NOW.getTime() + 1) }, 365, new Date(NOW.getTime() + 1)],
    [{ expires_in_days: 365 }, 365, new Date(NOW.getTime() + 365 * DAY_MS)],
  ])('that asks for %j where %i days are allowed ends in time', async (fields, days, expected) => {
    jest.useFakeTimers({ now: NOW });
    const { keys, service: underTest } = service(creating, days);
    await as('moderator', () => underTest.create(request(fields)));
    expect(keys.create.mock.calls[0]![0].expires_at).toEqual(expected);
  });

  test.each<[Partial<CreateApiKey>, string]>([
    [{ expires_at: NOW }, 'EXPIRY_OUT_OF_RANGE'],
    [{ expires_in_days: 366 }, 'EXPIRY_OUT_OF_RANGE'],
    [{ expires_in_days: 1, expires_at: new Date(NOW.getTime() + DAY_MS) }, 'EXPIRY_GIVEN_TWICE'],
  ])('that asks for %j is refused', async (fields, reason) => {
    jest.useFakeTimers({ now: NOW });
    await expect(as('moderator', () => service({}).service.create(request(fields)))).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      ...code(reason),
    });
  });
});

describe('a key of somebody', () => {
  test('is read and revoked by its owner alone: the port is asked for the caller', async () => {
    const { keys, service: underTest } = service({ find: async () => stored(), delete: async () => true });
    expect(await as('user', () => underTest.get(ID))).toEqual(stored());
    await as('user', () => underTest.revoke(ID));
    expect(keys.find).toHaveBeenCalledWith(USER, ID);
    const [userId, id, effects] = keys.delete.mock.calls[0]!;
    expect([userId, id, effects.audit]).toMatchObject([
      USER,
      ID,
      [{ action: 'API_KEY_REVOKED', target: USER, details: { key_id: ID, name: 'Import', by: 'owner' } }],
    ]);
  });

  test('that is not there is NOT_FOUND, also when somebody else was faster', async () => {
    const none = service({ find: async () => null }).service;
    await expect(as('user', () => none.get(ID))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(as('user', () => none.revoke(ID))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const late = service({ find: async () => stored(), delete: async () => false }).service;
    await expect(as('user', () => late.revoke(ID))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('goes with the account, unless it was made after a restore', async () => {
    const later = stored({ id: USER, created_at: new Date(NOW.getTime() + 1) });
    const page = Object.assign(new ApiKeyPage(), { data: [later, stored()], page: 0, size: 100, total: 2 });
    const { keys, service: underTest } = service({ list: async () => page, delete: async () => true });
    await underTest.revokeAllOf(USER, NOW);
    expect(keys.delete.mock.calls.map(([, id]) => id)).toEqual([ID]);
  });
});

describe('a call with a key', () => {
  const { key, hash } = mintApiKey(ID);
  const live = (fields: Partial<LiveApiKey> = {}): LiveApiKey =>
    Object.assign(new LiveApiKey(), {
      id: ID,
      user_id: USER,
      role: 'moderator',
      secret_hash: hash,
      scopes: ['users:read', 'users:list', 'gone:by'],
      has_expired: false,
      is_use_due: false,
      ...fields,
    });

  test('is its owner, in what both the scopes and the role of now permit', async () => {
    const { service: underTest } = service({ findLive: async () => live() });
    expect(await underTest.resolve(key)).toEqual({
      id: USER,
      roles: ['moderator'],
      via: 'api_key',
      key_id: ID,
      scopes: ['users:read'],
    });
  });

  test('of junk is refused without a question to the database', async () => {
    const { service: underTest } = service({});
    for (const junk of ['ak_', `${key}x`, key.slice(0, -1), key.replace('ak_', 'AK_')])
      await expect(underTest.resolve(junk)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test.each<[string, LiveApiKey | null, string]>([
    ['that is not alive', null, 'UNAUTHORIZED'],
    ['with another secret', live({ secret_hash: mintApiKey(ID).hash }), 'UNAUTHORIZED'],
    ['that has expired', live({ has_expired: true }), 'TOKEN_EXPIRED'],
    [
      'with another secret, expired, without saying that it has expired',
      live({ secret_hash: mintApiKey(ID).hash, has_expired: true }),
      'UNAUTHORIZED',
    ],
  ])('%s is refused', async (_, found, expected) => {
    const { service: underTest } = service({ findLive: async () => found });
    await expect(underTest.resolve(key)).rejects.toMatchObject({ code: expected });
  });

  test('is noted when that is due, once for many at once', async () => {
    const noted = Promise.withResolvers<void>();
    const { keys, service: underTest } = service({
      findLive: async () => live({ is_use_due: true }),
      recordUse: () => noted.promise,
    });
    const calls = [underTest.resolve(key), underTest.resolve(key), underTest.resolve(key)];
    await Promise.any(calls);
    noted.resolve();
    await Promise.all(calls);
    expect(keys.recordUse).toHaveBeenCalledTimes(1);
    await underTest.resolve(key);
    expect(keys.recordUse).toHaveBeenCalledTimes(2);
  });

  test('goes on when it cannot be noted', async () => {
    const { service: underTest } = service({
      findLive: async () => live({ is_use_due: true }),
      recordUse: () => Promise.reject(new AppError('SERVICE_UNAVAILABLE')),
    });
    await expect(underTest.resolve(key)).resolves.toMatchObject({ key_id: ID });
  });

  test('is refused when it cannot be told what the key is worth', async () => {
    const { service: underTest } = service({
      findLive: () => Promise.reject(new AppError('SERVICE_UNAVAILABLE')),
    });
    await expect(underTest.resolve(key)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  test('is judged by those who know keys, any other credential by those who know tokens', async () => {
    const tokens = strictMock<TokenService>('TokenService', {
      resolve: async () => ({ id: USER, roles: [], via: 'access_token' as const }),
    });
    const { service: keys } = service({ findLive: async () => live() });
    const callers = new CallerService(tokens, keys);
    expect(await callers.resolve(key)).toMatchObject({ via: 'api_key' });
    expect(tokens.resolve).not.toHaveBeenCalled();
    expect(await callers.resolve('a.b.c')).toMatchObject({ via: 'access_token' });
  });
});
