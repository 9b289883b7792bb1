import pg from 'pg';
import type { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import type { Person, RoleName } from '../support/people.js';
import { problemOf, type Json, type RestAnswer } from '../support/rest-client.js';

const USERS = 'arcana.user.v1.UserService';
const NOBODY = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';

describeOverLinks('access of accounts', (product) => {
  const as = async (role: RoleName) => {
    const { rest, grpc, people } = product();
    const { token, id } = await people.withRole(role);
    return {
      id,
      send: (method: string, path: string, body?: unknown, ifMatch?: string): Promise<RestAnswer> =>
        rest.send(method, `/api/v1/users${path.startsWith('?') ? path : `/${path}`}`, {
          token,
          body,
          headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
        }),
      call: async (rpc: string, request: object): Promise<Json> =>
        (await grpc.unary<Json>(`${USERS}/${rpc}`, request, { token })).response,
      failure: (rpc: string, request: object): Promise<GrpcCallError> =>
        grpc.unary(`${USERS}/${rpc}`, request, { token }).then(
          () => Promise.reject(new Error(`${rpc} was accepted`)),
          (error: unknown) => error as GrpcCallError,
        ),
    };
  };

  const query = async <T>(sql: string, ...values: unknown[]): Promise<T[]> => {
    const client = new pg.Client({ connectionString: product().app.database.url });
    await client.connect();
    try {
      return (await client.query(sql, values)).rows as T[];
    } finally {
      await client.end();
    }
  };
  const audit = (target: string, action: string): Promise<{ details: unknown; actor_id: string }[]> =>
    query('SELECT details, actor_id FROM audit_logs WHERE target_id = $1 AND action = $2', target, action);
  const me = async (token: string): Promise<number> =>
    (await product().rest.get('/api/v1/auth/me', { token })).status;

  /** The access token, the refresh token, and what a new sign-in gives. */
  const accessOf = async ({ token, refreshToken, email, password }: Person): Promise<number[]> => [
    await me(token),
    (await product().rest.post('/api/v1/auth/refresh', { refresh_token: refreshToken })).status,
    (await product().rest.post('/api/v1/auth/login', { email, password })).status,
  ];

  it('is raised and lowered by role, which ends what was opened before [8.3.2]', async () => {
    const { send, call, id: admin } = await as('admin');
    const person = await product().people.newcomer();
    const raised = await send('PATCH', `${person.id}/role`, { role: 'moderator' }, '"1"');
    expect([raised.status, raised.headers.get('etag')]).toEqual([200, '"2"']);
    expect(raised.body).toMatchObject({ id: person.id, role: 'moderator', version: 2 });
    expect(await accessOf(person)).toEqual([401, 401, 200]);
    expect(await audit(person.id, 'USER_ROLE_CHANGED')).toEqual([
      { actor_id: admin, details: { before: { role: 'user' }, after: { role: 'moderator' } } },
    ]);
    const again = await product().people.signIn(person);
    const { user } = await call('UpdateUserRole', {
      id: person.id,
      role: 'USER_ROLE_USER',
      expected_version: 2,
    });
    expect(user).toMatchObject({ role: 'USER_ROLE_USER', version: 3 });
    expect(await me(again.token)).toBe(401);
  });

  it('is taken and given back by status, with the reason in the audit log', async () => {
    const { send, call } = await as('admin');
    const person = await product().people.newcomer();
    await send('PATCH', `${person.id}/status`, { status: 'active' });
    const opened = await product().people.signIn(person);
    const suspended = await send('PATCH', `${person.id}/status`, {
      status: 'suspended',
      reason: ' Unpaid. ',
    });
    expect([suspended.status, suspended.body.status, suspended.headers.get('etag')]).toEqual([
      200,
      'suspended',
      '"3"',
    ]);
    const [token, refresh, login] = await accessOf(opened);
    expect([token, refresh]).toEqual([401, 401]);
    expect(login).not.toBe(200);
    expect((await audit(person.id, 'USER_STATUS_CHANGED')).at(-1)?.details).toEqual({
      before: { status: 'active' },
      after: { status: 'suspended' },
      reason: 'Unpaid.',
    });
    const { user } = await call('UpdateUserStatus', { id: person.id, status: 'USER_STATUS_ACTIVE' });
    expect(user).toMatchObject({ status: 'USER_STATUS_ACTIVE', version: 4 });
    expect((await accessOf(opened))[2]).toBe(200);
  });

  it('stays as it is, without effects, when nothing changes', async () => {
    const { send, call } = await as('admin');
    const person = await product().people.newcomer();
    for (let turn = 0; turn < 2; turn++) {
      const same = await send('PATCH', `${person.id}/role`, { role: 'user' });
      expect([same.status, same.headers.get('etag'), same.body.version]).toEqual([200, '"1"', 1]);
      expect((await call('UpdateUserRole', { id: person.id, role: 'USER_ROLE_USER' })).user.version).toBe(1);
    }
    expect(await me(person.token)).toBe(200);
    expect(await audit(person.id, 'USER_ROLE_CHANGED')).toEqual([]);
  });

  it('is changed by nobody for themselves, whatever their role [8.2.2]', async () => {
    for (const role of ['admin', 'super_admin'] as const) {
      const { id, send, failure } = await as(role);
      for (const own of [id, id.toUpperCase()]) {
        expect(problemOf(await send('PATCH', `${own}/role`, { role: 'user' }))).toEqual([
          403,
          'FORBIDDEN',
          { '': 'OWN_ACCESS' },
        ]);
        expect(problemOf(await send('PATCH', `${own}/status`, { status: 'suspended' }))[2]).toEqual({
          '': 'OWN_ACCESS',
        });
        const error = await failure('UpdateUserStatus', { id: own, status: 'USER_STATUS_LOCKED' });
        expect([error.code, error.violations]).toEqual(['PERMISSION_DENIED', { '': 'OWN_ACCESS' }]);
      }
    }
  });

  it('of a super_admin is given and taken by super_admins alone', async () => {
    const [admin, superAdmin] = [await as('admin'), await as('super_admin')];
    const person = await product().people.newcomer();
    expect(problemOf(await admin.send('PATCH', `${person.id}/role`, { role: 'super_admin' }))).toEqual([
      403,
      'FORBIDDEN',
      { role: 'ROLE_ABOVE_OWN' },
    ]);
    expect((await superAdmin.send('PATCH', `${person.id}/role`, { role: 'super_admin' })).status).toBe(200);
    const attempts: [string, string, unknown][] = [
      ['PATCH', `${person.id}/role`, { role: 'user' }],
      ['PATCH', `${person.id}/status`, { status: 'suspended' }],
      ['DELETE', person.id, undefined],
    ];
    for (const [method, path, body] of attempts) {
      expect(problemOf(await admin.send(method, path, body))).toEqual([
        403,
        'FORBIDDEN',
        { '': 'SUPER_ADMIN_PROTECTED' },
      ]);
    }
    const error = await admin.failure('UpdateUserRole', { id: person.id, role: 'USER_ROLE_USER' });
    expect([error.code, error.violations]).toEqual(['PERMISSION_DENIED', { '': 'SUPER_ADMIN_PROTECTED' }]);
    expect((await superAdmin.send('DELETE', person.id)).status).toBe(204);
    expect(problemOf(await admin.send('POST', `${person.id}/restore`))[2]).toEqual({
      '': 'SUPER_ADMIN_PROTECTED',
    });
    expect((await superAdmin.send('POST', `${person.id}/restore`)).status).toBe(200);
    expect((await superAdmin.send('PATCH', `${person.id}/role`, { role: 'user' })).status).toBe(200);
  });

  it('of the last active super_admin is not taken by another one who is leaving at the same time', async () => {
    const { people } = product();
    const first = await people.withRole('super_admin');
    const second = await people.appoint('super_admin');
    const take = (by: Person, from: Person) =>
      product().rest.send('PATCH', `/api/v1/users/${from.id}/role`, {
        token: by.token,
        body: { role: 'user' },
      });
    const answers = await Promise.all([take(first, second), take(second, first)]);
    const taken = answers.filter(({ status }) => status === 200);
    expect(taken).toHaveLength(1);
    // The other one found the account in the way, or had no access left when asked.
    expect([401, 409]).toContain(answers.find(({ status }) => status !== 200)!.status);
    const rest = await query(`SELECT id FROM users WHERE role = 'super_admin' AND status = 'active'`);
    expect(rest).toHaveLength(1);
    // As it was, for the tests that follow.
    await query(`UPDATE users SET role = 'super_admin' WHERE id = $1`, first.id);
    await query(`UPDATE users SET role = 'user' WHERE id = $1`, second.id);
    Object.assign(first, await people.signIn(first));
  });

  it('takes no status that is not an administrator’s to set, and no step that is not allowed', async () => {
    const { send, failure } = await as('admin');
    const { id } = await product().people.newcomer();
    for (const status of ['pending_verification', 'deleted', 'gone', null, 5, ['active']]) {
      expect(problemOf(await send('PATCH', `${id}/status`, { status }))).toEqual([
        422,
        'VALIDATION_FAILED',
        { status: 'IS_IN' },
      ]);
    }
    expect((await failure('UpdateUserStatus', { id, status: 'USER_STATUS_DELETED' })).violations).toEqual({
      status: 'IS_IN',
    });
    expect((await send('PATCH', `${id}/status`, { status: 'suspended' })).status).toBe(200);
    expect(problemOf(await send('PATCH', `${id}/status`, { status: 'locked' }))).toEqual([
      409,
      'CONFLICT',
      { status: 'STATUS_TRANSITION_REFUSED' },
    ]);
    const error = await failure('UpdateUserStatus', { id, status: 'USER_STATUS_LOCKED' });
    expect([error.code, error.violations]).toEqual(['ABORTED', { status: 'STATUS_TRANSITION_REFUSED' }]);
  });

  it('is not changed over a version that the caller has not seen', async () => {
    const { send, failure } = await as('admin');
    const { id } = await product().people.newcomer();
    for (const [path, body] of [
      [`${id}/role`, { role: 'moderator' }],
      [`${id}/status`, { status: 'suspended' }],
    ] as const) {
      expect(problemOf(await send('PATCH', path, body, '"7"'))).toEqual([412, 'PRECONDITION_FAILED', {}]);
      // Compared strongly: a weak tag never matches (RFC 9110, section 13.1.1).
      expect(problemOf(await send('PATCH', path, body, 'W/"1"'))[0]).toBe(412);
      expect(problemOf(await send('PATCH', path, body, 'nonsense'))[0]).toBe(422);
    }
    for (const [rpc, request] of [
      ['UpdateUserRole', { role: 'USER_ROLE_MODERATOR' }],
      ['UpdateUserStatus', { status: 'USER_STATUS_LOCKED' }],
      ['DeleteUser', {}],
    ] as const) {
      const error = await failure(rpc, { id, ...request, expected_version: 7 });
      expect([rpc, error.code, error.reason]).toEqual([rpc, 'FAILED_PRECONDITION', 'PRECONDITION_FAILED']);
    }
    expect((await send('PATCH', `${id}/role`, { role: 'moderator' }, '*')).status).toBe(200);
    const listed = await send('PATCH', `${id}/role`, { role: 'user' }, '"9", W/"2", "2"');
    expect([listed.status, listed.headers.get('etag')]).toEqual([200, '"3"']);
    expect((await send('DELETE', id, undefined, '"1"')).status).toBe(412);
  });

  it('comes back with a deleted account as it was; its sessions stay dead', async () => {
    const { send } = await as('admin');
    const person = await product().people.newcomer();
    expect(problemOf(await send('POST', `${person.id}/restore`))).toEqual([
      409,
      'CONFLICT',
      { '': 'NOT_DELETED' },
    ]);
    const before = (await send('GET', person.id)).body;
    expect((await send('DELETE', person.id)).status).toBe(204);
    const listed = await send('GET', `?status=deleted&search=${encodeURIComponent(person.email)}`);
    expect(listed.body.data).toMatchObject([{ id: person.id, status: 'deleted', version: 2 }]);
    expect(problemOf(await send('POST', `${person.id}/restore`, undefined, '"1"'))[0]).toBe(412);
    const restored = await send('POST', `${person.id}/restore`, undefined, '"2"');
    expect([restored.status, restored.headers.get('etag')]).toEqual([200, '"3"']);
    expect(restored.body).toEqual({ ...before, version: 3, updated_at: restored.body.updated_at });
    expect(await accessOf(person)).toEqual([401, 401, 200]);
    expect(await audit(person.id, 'USER_RESTORED')).toHaveLength(1);
    expect(problemOf(await send('POST', `${NOBODY}/restore`))[0]).toBe(404);
    expect(problemOf(await send('POST', 'x/restore'))[0]).toBe(422);
  });

  it('comes back suspended where it was suspended', async () => {
    const { send } = await as('admin');
    const { id } = await product().people.newcomer();
    await send('PATCH', `${id}/status`, { status: 'suspended' });
    await send('DELETE', id);
    expect((await send('POST', `${id}/restore`)).body).toMatchObject({ id, status: 'suspended' });
    expect((await audit(id, 'USER_RESTORED')).map(({ details }) => details)).toEqual([
      { before: { status: 'deleted' }, after: { status: 'suspended' } },
    ]);
  });

  it('[8.2.1] [8.2.2] of another is out of reach of users and moderators, whether the account exists or not', async () => {
    const { id } = await product().people.newcomer();
    const routes = (target: string): [string, string, unknown][] => [
      ['PUT', target, { name: 'Eve', email: 'eve@example.test' }],
      ['PATCH', target, { name: 'Eve' }],
      ['DELETE', target, undefined],
      ['PATCH', `${target}/role`, { role: 'admin' }],
      ['PATCH', `${target}/status`, { status: 'suspended' }],
      ['POST', `${target}/restore`, undefined],
    ];
    const rpcs = (target: string): [string, object][] => [
      ['UpdateUser', { id: target, user: { name: 'Eve' } }],
      ['DeleteUser', { id: target }],
      ['UpdateUserRole', { id: target, role: 'USER_ROLE_ADMIN' }],
      ['UpdateUserStatus', { id: target, status: 'USER_STATUS_SUSPENDED' }],
    ];
    for (const role of ['user', 'moderator'] as const) {
      const { send, failure } = await as(role);
      for (const target of [id, NOBODY]) {
        const answers = await Promise.all(
          routes(target).map(async (route) => [route[0], route[1], problemOf(await send(...route))]),
        );
        expect(answers).toEqual(
          routes(target).map(([method, path]) => [method, path, [403, 'FORBIDDEN', {}]]),
        );
        for (const [rpc, request] of rpcs(target)) {
          expect([rpc, (await failure(rpc, request)).code]).toEqual([rpc, 'PERMISSION_DENIED']);
        }
      }
    }
    const { send, failure } = await as('user');
    for (const target of [id, NOBODY]) {
      expect((await send('GET', target)).status).toBe(403);
      expect((await failure('GetUser', { id: target })).code).toBe('PERMISSION_DENIED');
    }
    expect((await (await as('admin')).send('GET', id)).body).toMatchObject({
      name: 'Ada Lovelace',
      version: 1,
    });
  });

  it('[15.3.3] is given by no other body than that of its own route', async () => {
    const { send } = await as('super_admin');
    const { id, token } = await product().people.newcomer();
    const smuggled = {
      role: 'admin',
      status: 'active',
      email_verified: true,
      access_epoch: 0,
      password_hash: 'x',
    };
    const refused = Object.fromEntries(Object.keys(smuggled).map((field) => [field, 'UNKNOWN_FIELD']));
    const { name, email } = (await send('GET', id)).body as { name: string; email: string };
    const bodies: [string, string, object, string[]][] = [
      ['PUT', id, { name, email }, []],
      ['PATCH', id, { name: 'Eve' }, []],
      ['PATCH', `${id}/role`, { role: 'moderator' }, ['role']],
      ['PATCH', `${id}/status`, { status: 'suspended' }, ['status']],
    ];
    for (const [method, path, body, own] of bodies) {
      const expected = Object.fromEntries(Object.entries(refused).filter(([field]) => !own.includes(field)));
      expect(problemOf(await send(method, path, { ...smuggled, ...body }))).toEqual([
        422,
        'VALIDATION_FAILED',
        expected,
      ]);
      for (const key of ['__proto__', 'constructor', 'prototype']) {
        const raw = `{"${key}":{"role":"admin"},${JSON.stringify(body).slice(1)}`;
        const answer = await product().rest.send(
          method,
          `/api/v1/users${path.startsWith('?') ? path : `/${path}`}`,
          { token, raw },
        );
        expect([400, 403, 422]).toContain(answer.status);
      }
    }
    expect((await send('GET', id)).body).toMatchObject({
      role: 'user',
      name,
      version: 1,
      email_verified: false,
    });
    expect(await me(token)).toBe(200);
  });
});
