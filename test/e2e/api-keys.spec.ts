import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/config/index.js';
import type { GrpcCallError } from '../support/grpc-client.js';
import { eventually } from '../support/eventually.js';
import { describeOverLinks, startProduct } from '../support/over-links.js';
import type { Person } from '../support/people.js';
import { problemOf, type Json } from '../support/rest-client.js';

const KEYS = '/api/v1/auth/api-keys';
/** What two processes of one product have in common beside the database. */
const SHARED = { ARCANA_SECURITY__JWT_SECRET: 'a secret that two processes of one product share' };
const NOBODY = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';

describeOverLinks('an API key', (product) => {
  let admin: Person;
  let root: Person;

  beforeAll(async () => {
    root = await product().people.withRole('super_admin');
    admin = await product().people.withRole('admin');
  });

  const make = (body: object, token = admin.token) => product().rest.post(KEYS, body, { token });
  /** What REST and gRPC say to who sends it. */
  async function me(token: string): Promise<[rest: number, grpc: string]> {
    const { rest, grpc } = product();
    const answer = await rest.get('/api/v1/auth/me', { token });
    const call = await grpc
      .unary<Json>('arcana.auth.v1.AuthService/GetCurrentUser', {}, { token })
      .then(({ response }) => response.user.id as string)
      .catch((error: unknown) => (error as GrpcCallError).code);
    return [answer.status, call];
  }
  const set = async (id: string, what: 'role' | 'status', value: string): Promise<void> => {
    const { status } = await product().rest.send('PATCH', `/api/v1/users/${id}/${what}`, {
      token: root.token,
      body: { [what]: value },
    });
    expect(status).toBe(200);
  };
  const acts = async (action: string, target: string): Promise<Json[]> =>
    (
      await product().rest.get(`/api/v1/audit-logs?action=${action}&target_id=${target}`, {
        token: root.token,
      })
    ).body.data;

  it('is shown once, calls over REST and gRPC, and ends when it is revoked', async () => {
    const { rest, app } = product();
    const owner = await product().people.appoint('admin');
    const { token } = owner;
    const made = await make({ name: 'Nightly', scopes: ['users:list'], expires_in_days: 30 }, token);
    expect(made.status).toBe(201);
    expect(made.headers.get('cache-control')).toBe('no-store');
    const { key, ...shown } = made.body;
    const secret = String(key).slice(-43);
    expect(key).toBe(`ak_${String(shown.id)}_${secret}`);
    expect(made.headers.get('location')).toBe(`${KEYS}/${String(shown.id)}`);
    expect(shown).toMatchObject({ name: 'Nightly', scopes: ['users:list'], last_used_at: null });
    expect(Date.parse(shown.expires_at) - Date.parse(shown.created_at)).toBeGreaterThan(29 * 86_400_000);

    expect(await me(key)).toEqual([200, owner.id]);
    expect((await rest.get('/api/v1/users?size=1', { token: key })).status).toBe(200);
    const listed = await rest.get(KEYS, { token });
    expect(listed.body).toEqual({
      data: [{ ...shown, last_used_at: expect.stringMatching(/^\d{4}-.*Z$/) }],
      page: 0,
      size: 10,
      total: 1,
    });
    expect((await rest.get(made.headers.get('location')!, { token })).body).toEqual(listed.body.data[0]);

    const revoke = () => rest.send('DELETE', `${KEYS}/${String(shown.id)}`, { token });
    expect((await revoke()).status).toBe(204);
    expect(await me(key)).toEqual([401, 'UNAUTHENTICATED']);
    expect(problemOf(await revoke())).toEqual([404, 'NOT_FOUND', {}]);
    expect((await rest.get(KEYS, { token })).body.total).toBe(0);

    const about = { key_id: shown.id, name: 'Nightly', scopes: ['users:list'] };
    expect(await acts('API_KEY_CREATED', owner.id)).toMatchObject([{ actor_id: owner.id, details: about }]);
    expect(await acts('API_KEY_REVOKED', owner.id)).toMatchObject([{ actor_id: owner.id, details: about }]);
    expect(JSON.stringify([listed.body, app.log])).not.toContain(secret);
  });

  it('is made and used as docs/api-keys.md says', async () => {
    const guide = await readFile(join(projectRoot(), 'docs/api-keys.md'), 'utf8');
    const request = JSON.parse(/```json\n(.+?)\n```/s.exec(guide)![1]!) as object;
    const path =
      /```sh\ncurl --header "Authorization: Bearer \$ARCANA_API_KEY" http:\/\/localhost:8080(\S+)\n```/.exec(
        guide,
      )![1]!;
    const { status, body } = await make(request);
    expect(status).toBe(201);
    expect((await product().rest.get(path, { token: body.key })).status).toBe(200);
  });

  it('is made with permissions of its owner and nothing else', async () => {
    const user = await product().people.newcomer();
    const cases: [body: object, token: string, expected: unknown][] = [
      [{ name: 'x', scopes: ['users:fly'] }, admin.token, [422, 'VALIDATION_FAILED', { scopes: 'IS_IN' }]],
      [{ name: 'x', scopes: ['users:read'] }, user.token, [403, 'FORBIDDEN', { scopes: 'SCOPE_ABOVE_OWN' }]],
      [
        { name: 'x', scopes: ['users:manage_super_admins'] },
        admin.token,
        [403, 'FORBIDDEN', { scopes: 'SCOPE_ABOVE_OWN' }],
      ],
      [
        { name: 'x', scopes: ['users:read', 'users:read'] },
        admin.token,
        [422, 'VALIDATION_FAILED', { scopes: 'ARRAY_UNIQUE' }],
      ],
      [
        { name: 'a\r\nb', scopes: 'users:read' },
        admin.token,
        [422, 'VALIDATION_FAILED', { name: 'IS_DISPLAY_NAME', scopes: expect.any(String) }],
      ],
      [
        { name: 'x', scopes: [], expires_at: '2020-01-01T00:00:00Z' },
        admin.token,
        [422, 'VALIDATION_FAILED', { expires_at: 'EXPIRY_OUT_OF_RANGE' }],
      ],
      [
        { name: 'x', scopes: [], expires_at: 'tomorrow' },
        admin.token,
        [422, 'VALIDATION_FAILED', { expires_at: 'IS_DATE' }],
      ],
      [
        { name: 'x', scopes: [], expires_at: '2099-01-01T00:00:00Z', expires_in_days: 1 },
        admin.token,
        [422, 'VALIDATION_FAILED', { expires_in_days: 'EXPIRY_GIVEN_TWICE' }],
      ],
    ];
    for (const [body, token, expected] of cases) expect(problemOf(await make(body, token))).toEqual(expected);
  });

  it('takes no field that is not listed [ASVS 15.3.3]', async () => {
    const fields = { user_id: root.id, role: 'super_admin', id: NOBODY, secret_hash: 'x', key: 'ak_x' };
    expect(problemOf(await make({ name: 'x', scopes: [], ...fields }))).toEqual([
      422,
      'VALIDATION_FAILED',
      Object.fromEntries(Object.keys(fields).map((field) => [field, 'UNKNOWN_FIELD'])),
    ]);
  });

  it('of somebody else is not found, be it by a super_admin [ASVS 8.2.2]', async () => {
    const { rest, people } = product();
    const { id, token: key } = await people.keyOf(admin);
    for (const { token } of [await people.withRole('moderator'), root]) {
      expect((await rest.get(`${KEYS}/${id}`, { token })).status).toBe(404);
      expect((await rest.send('DELETE', `${KEYS}/${id}`, { token })).status).toBe(404);
    }
    expect((await me(key))[0]).toBe(200);
  });

  it('makes, sees and revokes no key, and touches no session', async () => {
    const { rest, people } = product();
    const { id, token } = await people.keyOf(admin, 'users:read', 'users:update');
    for (const [method, path] of [
      ['GET', KEYS],
      ['POST', KEYS],
      ['GET', `${KEYS}/${id}`],
      ['DELETE', `${KEYS}/${id}`],
      ['POST', '/api/v1/auth/logout'],
    ] as const) {
      const body = method === 'POST' ? { name: 'x', scopes: [] } : undefined;
      expect([path, (await rest.send(method, path, { token, body })).status]).toEqual([path, 403]);
    }
  });

  it('makes no account, and changes none, that may do more than the key', async () => {
    const { rest, people } = product();
    const { token } = await people.keyOf(admin, 'users:create', 'users:update', 'users:change_role');
    const create = (role: string) =>
      rest.post('/api/v1/users', { name: 'x', email: people.newEmail(), role }, { token });
    expect(problemOf(await create('admin'))).toEqual([403, 'FORBIDDEN', { role: 'ROLE_ABOVE_OWN' }]);
    const { body: user, status } = await create('user');
    expect(status).toBe(201);
    const promoted = await rest.send('PATCH', `/api/v1/users/${String(user.id)}/role`, {
      token,
      body: { role: 'moderator' },
    });
    expect(problemOf(promoted).slice(0, 2)).toEqual([403, 'FORBIDDEN']);
    const taken = await rest.send('PATCH', `/api/v1/users/${admin.id}`, {
      token,
      body: { email: people.newEmail() },
    });
    expect(problemOf(taken)).toEqual([403, 'FORBIDDEN', { '': 'ACCOUNT_ABOVE_OWN' }]);
  });

  it('says in the audit log which key it was', async () => {
    const { rest, people } = product();
    const { id, token } = await people.keyOf(admin, 'users:create');
    const { body } = await rest.post('/api/v1/users', { name: 'x', email: people.newEmail() }, { token });
    expect(await acts('USER_CREATED', body.id)).toMatchObject([
      { actor_id: admin.id, actor_via: 'api_key', details: { actor_key_id: id } },
    ]);
  });

  it('shrinks at once with the role of its owner, and grows again', async () => {
    const { rest, people } = product();
    const owner = await people.appoint('admin');
    const { token } = await people.keyOf(owner, 'users:list', 'users:read');
    const may = async (): Promise<number[]> => [
      (await rest.get('/api/v1/users?size=1', { token })).status,
      (await rest.get(`/api/v1/users/${admin.id}`, { token })).status,
      (await rest.get(`/api/v1/users/${owner.id}`, { token })).status,
    ];
    expect(await may()).toEqual([200, 200, 200]);
    await set(owner.id, 'role', 'moderator');
    expect(await may()).toEqual([403, 200, 200]);
    await set(owner.id, 'role', 'user');
    expect(await may()).toEqual([403, 403, 403]);
    await set(owner.id, 'role', 'admin');
    expect(await may()).toEqual([200, 200, 200]);
  });

  it('sleeps while its owner is suspended, and is gone when the account was deleted, restored or not', async () => {
    const { rest, people } = product();
    const owner = await people.newcomer();
    const { token } = await people.keyOf(owner);
    await set(owner.id, 'status', 'suspended');
    expect(await me(token)).toEqual([401, 'UNAUTHENTICATED']);
    await set(owner.id, 'status', 'active');
    expect(await me(token)).toEqual([200, owner.id]);
    const path = `/api/v1/users/${owner.id}`;
    expect((await rest.send('DELETE', path, { token: root.token })).status).toBe(204);
    expect(await me(token)).toEqual([401, 'UNAUTHENTICATED']);
    await eventually('the keys of a deleted account to be revoked', async () =>
      (await acts('API_KEY_REVOKED', owner.id)).length === 1 ? true : undefined,
    );
    expect((await rest.post(`${path}/restore`, undefined, { token: root.token })).status).toBeLessThan(300);
    expect(await me(token)).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('that is junk, or another secret, is refused, and is no access token', async () => {
    const { rest, grpc, people } = product();
    const { id, token: key } = await people.keyOf(admin);
    const other = (await people.keyOf(admin)).token.slice(-43);
    for (const junk of [
      'ak_',
      'ak_x_y',
      `${key}A`,
      key.slice(0, -1),
      `ak_${id}_${other}`,
      `ak_${NOBODY}_${other}`,
    ]) {
      expect(await me(junk)).toEqual([401, 'UNAUTHENTICATED']);
      const { headers, body } = await rest.get('/api/v1/auth/me', { token: junk });
      expect(headers.get('www-authenticate')).toMatch(/^Bearer /);
      expect(body.code).toBe('UNAUTHORIZED');
    }
    const { response } = await grpc.unary<Json>('arcana.auth.v1.AuthService/ValidateToken', {
      access_token: key,
    });
    expect(response.valid).toBe(false);
  });
});

describe('an API key on two processes', () => {
  let one: Awaited<ReturnType<typeof startProduct>>;
  let two: Awaited<ReturnType<typeof startProduct>>;

  beforeAll(async () => {
    one = await startProduct(SHARED);
    two = await startProduct({ ...SHARED, ARCANA_DATABASE__URL: one.app.database.url });
  });
  afterAll(async () => {
    await two.stop();
    await one.stop();
  });

  it('revoked at one is refused by the next call at the other, however many revoke it', async () => {
    const owner = await one.people.newcomer();
    const { id, token } = await one.people.keyOf(owner);
    const at = async ({ rest }: typeof one) => (await rest.get('/api/v1/auth/me', { token })).status;
    expect([await at(one), await at(two)]).toEqual([200, 200]);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? one : two).rest.send('DELETE', `${KEYS}/${id}`, { token: owner.token }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(19).fill(404)]);
    expect([await at(two), await at(one)]).toEqual([401, 401]);
  });

  it('is dead at the other as soon as its owner is suspended at one', async () => {
    const owner = await one.people.newcomer();
    const root = await one.people.withRole('super_admin');
    const { token } = await one.people.keyOf(owner);
    expect((await two.rest.get('/api/v1/auth/me', { token })).status).toBe(200);
    const suspended = await one.rest.send('PATCH', `/api/v1/users/${owner.id}/status`, {
      token: root.token,
      body: { status: 'suspended' },
    });
    expect(suspended.status).toBe(200);
    expect((await two.rest.get('/api/v1/auth/me', { token })).status).toBe(401);
  });
});
