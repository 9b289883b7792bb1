import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mintApiKey } from '../../src/auth/api-key.format.js';
import { TypeOrmApiKeyRepository } from '../../src/auth/api-key.typeorm.repository.js';
import { API_KEY_LIMIT } from '../../src/auth/auth.errors.js';
import { ApiKey, ListApiKeysQuery, NewApiKey } from '../../src/auth/dto/api-key.dto.js';
import { LiveApiKey } from '../../src/auth/dto/live-api-key.dto.js';
import { Database, effects, EffectsWriter, newId } from '../../src/platform/database/index.js';
import {
  audited,
  because,
  openAccountRepositories,
  outcomes,
  type AccountRepositories,
} from '../support/account-repositories.js';

let accounts: AccountRepositories;
let dataSource: AccountRepositories['dataSource'];
/** The adapters of two processes on one database. */
let keys: TypeOrmApiKeyRepository;
let others: TypeOrmApiKeyRepository;

beforeAll(async () => {
  accounts = await openAccountRepositories();
  ({ dataSource } = accounts);
  [keys, others] = [dataSource, accounts.other.dataSource].map(
    (source) => new TypeOrmApiKeyRepository(new Database(source), new EffectsWriter()),
  ) as [TypeOrmApiKeyRepository, TypeOrmApiKeyRepository];
}, 120_000);

afterAll(() => accounts.close());

async function newKey(fields: Partial<NewApiKey> = {}): Promise<NewApiKey> {
  const id = newId();
  const { prefix, hash } = mintApiKey(id);
  const user_id = fields.user_id ?? (await accounts.create({ role: 'moderator' })).id;
  return Object.assign(new NewApiKey(), {
    id,
    user_id,
    name: 'Import',
    prefix,
    secret_hash: hash,
    scopes: ['users:read'],
    expires_at: null,
    max_keys: 50,
    ...fields,
  });
}

async function create(fields: Partial<NewApiKey> = {}): Promise<NewApiKey> {
  const key = await newKey(fields);
  await keys.create(key, effects());
  return key;
}

const page = (fields: Partial<ListApiKeysQuery> = {}) => Object.assign(new ListApiKeysQuery(), fields);
const expire = (id: string, ago = '1 second') =>
  dataSource.query(`UPDATE api_keys SET expires_at = now() - $2::interval WHERE id = $1`, [id, ago]);
const lastUse = async (id: string): Promise<Date | null> =>
  (await dataSource.query('SELECT last_used_at FROM api_keys WHERE id = $1', [id]))[0].last_used_at;

describe('a key', () => {
  test('is stored with the hash of its secret, and shown without it', async () => {
    const key = await newKey({ expires_at: new Date('2030-01-01T00:00:00Z') });
    const stored = await keys.create(key, effects().audited('API_KEY_CREATED', { target: key.id }));
    expect(stored).toBeInstanceOf(ApiKey);
    expect(stored).toEqual({
      id: key.id,
      name: 'Import',
      prefix: key.prefix,
      scopes: ['users:read'],
      created_at: expect.any(Date),
      expires_at: new Date('2030-01-01T00:00:00Z'),
      last_used_at: null,
    });
    expect(await keys.find(key.user_id, key.id)).toEqual(stored);
    expect((await keys.list(key.user_id, page())).data).toEqual([stored]);
    expect(await audited(dataSource, 'API_KEY_CREATED', key.id)).toBe(1);
  });

  test('of another account is not there [ASVS 8.2.2]', async () => {
    const key = await create();
    const stranger = (await accounts.create()).id;
    expect(await keys.find(stranger, key.id)).toBeNull();
    expect(await keys.delete(stranger, key.id, effects().audited('X', { target: key.id }))).toBe(false);
    expect(await keys.list(stranger, page())).toMatchObject({ data: [], total: 0 });
    expect(await keys.findLive(key.id)).not.toBeNull();
    expect(await audited(dataSource, 'X', key.id)).toBe(0);
  });

  test('lives with what its owner is now', async () => {
    const key = await create();
    const alive = await keys.findLive(key.id);
    expect(alive).toBeInstanceOf(LiveApiKey);
    expect(alive).toEqual({
      id: key.id,
      user_id: key.user_id,
      role: 'moderator',
      secret_hash: key.secret_hash,
      scopes: ['users:read'],
      has_expired: false,
      is_use_due: true,
    });
    await dataSource.query(`UPDATE users SET role = 'user' WHERE id = $1`, [key.user_id]);
    expect((await others.findLive(key.id))?.role).toBe('user');
  });

  test.each([
    ['suspension', `UPDATE users SET status = 'suspended' WHERE id = $1`],
    ['a lock', `UPDATE users SET status = 'locked' WHERE id = $1`],
    ['deletion', `UPDATE users SET status = 'deleted', deleted_at = now() WHERE id = $1`],
  ])('is dead for every process after %s of its owner, and no other can be made', async (_, statement) => {
    const key = await create();
    await dataSource.query(statement, [key.user_id]);
    for (const process of [keys, others]) expect(await process.findLive(key.id)).toBeNull();
    const another = await newKey({ user_id: key.user_id });
    await expect(keys.create(another, effects())).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test('survives a change of password', async () => {
    const key = await create();
    await dataSource.query('UPDATE users SET access_epoch = access_epoch + 1 WHERE id = $1', [key.user_id]);
    expect(await keys.findLive(key.id)).not.toBeNull();
  });

  test('says when its time is over', async () => {
    const key = await create({ expires_at: new Date(Date.now() + 60_000) });
    expect(await keys.findLive(key.id)).toMatchObject({ has_expired: false });
    await expire(key.id);
    for (const process of [keys, others])
      expect(await process.findLive(key.id)).toMatchObject({ has_expired: true });
    expect((await keys.list(key.user_id, page())).total).toBe(1);
  });

  test('is revoked by one of twenty at once, for every process, and that is told once', async () => {
    const key = await create();
    const revoke = (process: TypeOrmApiKeyRepository) =>
      process.delete(key.user_id, key.id, effects().audited('API_KEY_REVOKED', { target: key.id }));
    const done = await Promise.all(
      Array.from({ length: 20 }, (_, index) => revoke(index % 2 ? keys : others)),
    );
    expect(done.filter(Boolean)).toHaveLength(1);
    expect(await audited(dataSource, 'API_KEY_REVOKED', key.id)).toBe(1);
    for (const process of [keys, others]) expect(await process.findLive(key.id)).toBeNull();
  });

  test('is answered for rightly among many that are asked for at once', async () => {
    const made = await Promise.all(Array.from({ length: 4 }, () => create()));
    await keys.delete(made[3]!.user_id, made[3]!.id, effects());
    const asked = Array.from({ length: 300 }, (_, index) => made[index % 4]!.id);
    const answers = await Promise.all(asked.map((id) => keys.findLive(id)));
    for (const [index, answer] of answers.entries())
      expect(answer?.id).toBe(index % 4 === 3 ? undefined : asked[index]);
  });
});

describe('the time of the last use', () => {
  test('is written once a minute', async () => {
    const { id } = await create();
    await Promise.all(Array.from({ length: 10 }, (_, index) => (index % 2 ? keys : others).recordUse(id)));
    const first = await lastUse(id);
    expect(first).toBeInstanceOf(Date);
    expect(await keys.findLive(id)).toMatchObject({ is_use_due: false });
    await keys.recordUse(id);
    expect(await lastUse(id)).toEqual(first);
    await dataSource.query(`UPDATE api_keys SET last_used_at = now() - interval '61 seconds' WHERE id = $1`, [
      id,
    ]);
    expect(await keys.findLive(id)).toMatchObject({ is_use_due: true });
    await keys.recordUse(id);
    expect((await lastUse(id))!.getTime()).toBeGreaterThanOrEqual(first!.getTime());
  });

  test('waits for nobody who holds the key', async () => {
    const { id } = await create();
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('SELECT 1 FROM api_keys WHERE id = $1 FOR UPDATE', [id]);
    await keys.recordUse(id);
    await runner.rollbackTransaction();
    await runner.release();
    expect(await lastUse(id)).toBeNull();
  });
});

describe('the keys of an account', () => {
  test('are listed page by page, the youngest first', async () => {
    const first = await create();
    const all = [first.id];
    for (let made = 1; made < 5; made++) all.unshift((await create({ user_id: first.user_id })).id);
    const pages = await Promise.all(
      [0, 1, 2, 3].map((number) => keys.list(first.user_id, page({ page: number, size: 2 }))),
    );
    expect(pages.map(({ data }) => data.map(({ id }) => id))).toEqual([
      all.slice(0, 2),
      all.slice(2, 4),
      all.slice(4),
      [],
    ]);
    expect(pages.map(({ total }) => total)).toEqual([5, 5, 5, 5]);
  });

  test('are never more than allowed, however many are made at once', async () => {
    const user_id = (await accounts.create()).id;
    const wanted = await Promise.all(Array.from({ length: 8 }, () => newKey({ user_id, max_keys: 3 })));
    const made = await Promise.allSettled(
      wanted.map((key, index) =>
        (index % 2 ? keys : others).create(key, effects().audited('MADE', { target: user_id })),
      ),
    );
    expect(outcomes(made)).toEqual([...Array(3).fill('fulfilled'), ...Array(5).fill('rejected')]);
    expect((await keys.list(user_id, page())).total).toBe(3);
    expect(await audited(dataSource, 'MADE', user_id)).toBe(3);
    const full = keys.create(await newKey({ user_id, max_keys: 3 }), effects());
    await expect(full).rejects.toMatchObject({ code: 'CONFLICT', ...because(API_KEY_LIMIT) });
  });

  test('that have expired make room, the one that did so first', async () => {
    const one = await create({ max_keys: 3 });
    const { user_id } = one;
    const two = await create({ user_id, max_keys: 3 });
    const three = await create({ user_id, max_keys: 3 });
    await expire(one.id, '1 hour');
    await expire(two.id, '2 hours');
    const four = await create({ user_id, max_keys: 3 });
    const { data } = await keys.list(user_id, page());
    expect(data.map(({ id }) => id)).toEqual([four.id, three.id, one.id]);
  });
});
