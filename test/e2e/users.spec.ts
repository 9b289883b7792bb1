import pg from 'pg';
import type { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import { problemOf, type Json } from '../support/rest-client.js';

const USERS = 'arcana.user.v1.UserService';

describeOverLinks('accounts', (product) => {
  const as = async (role: 'moderator' | 'admin' | 'super_admin') => {
    const { rest, grpc, people } = product();
    const { token } = await people.withRole(role);
    return {
      send: (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
        rest.send(method, `/api/v1/users${path}`, { token, body, headers }),
      call: async (rpc: string, request: object): Promise<Json> =>
        (await grpc.unary(`${USERS}/${rpc}`, request, { token })).response,
      failure: (rpc: string, request: object): Promise<GrpcCallError> =>
        grpc.unary(`${USERS}/${rpc}`, request, { token }).then(
          () => Promise.reject(new Error(`${rpc} was accepted`)),
          (error: unknown) => error as GrpcCallError,
        ),
    };
  };

  it('are made by an administrator without a password, and their owners set one by mail', async () => {
    const { rest, people } = product();
    const { send, call } = await as('admin');
    const request = { name: 'Grace', email: people.newEmail(), role: 'moderator' };
    const refused = await send('POST', '', { ...request, password: 'Tr0mbone-Quartet' });
    expect(problemOf(refused)).toEqual([422, 'VALIDATION_FAILED', { password: 'UNKNOWN_FIELD' }]);
    const made = await send('POST', '', request);
    expect([made.status, made.body]).toMatchObject([
      201,
      { ...request, status: 'pending_verification', version: 1 },
    ]);
    expect(made.headers.get('location')).toBe(`/api/v1/users/${made.body.id}`);
    expect(made.headers.get('etag')).toBe('"1"');
    expect(
      (await rest.get(made.headers.get('location')!, { token: (await people.withRole('admin')).token })).body,
    ).toEqual(made.body);

    const email = people.newEmail();
    const { user } = await call('CreateUser', { name: 'Alan', email, role: 'USER_ROLE_USER' });
    expect(user).toMatchObject({ name: 'Alan', email, role: 'USER_ROLE_USER' });
    expect(await product().mails.to(email)).toContain('Hello Alan,');
    expect(await people.appoint('user')).toMatchObject({ token: expect.any(String) });
  });

  it('may not be given a role above the giver’s', async () => {
    const { people } = product();
    const { send, failure } = await as('admin');
    const email = people.newEmail();
    expect(problemOf(await send('POST', '', { name: 'Eve', email, role: 'super_admin' }))).toEqual([
      403,
      'FORBIDDEN',
      { role: 'ROLE_ABOVE_OWN' },
    ]);
    const error = await failure('CreateUser', { name: 'Eve', email, role: 'USER_ROLE_SUPER_ADMIN' });
    expect([error.code, error.violations]).toEqual(['PERMISSION_DENIED', { role: 'ROLE_ABOVE_OWN' }]);
  });

  it('are listed page by page, searched, filtered and sorted, alike on both protocols', async () => {
    const { people } = product();
    for (const name of ['Zoe Listed', 'Amy Listed', 'Kim Listed']) await people.newcomer(name);
    const { send, call } = await as('admin');
    const first = await send('GET', '?search=listed&sort=name&order=asc&size=2');
    expect([first.status, first.body]).toMatchObject([200, { page: 0, size: 2, total: 3 }]);
    expect(first.body.data.map(({ name }: Json) => name)).toEqual(['Amy Listed', 'Kim Listed']);
    expect(first.headers.get('link')).toBe(
      '</api/v1/users?search=listed&sort=name&order=asc&size=2&page=1>; rel="next"',
    );
    const second = await send('GET', '?search=listed&sort=name&order=asc&size=2&page=1');
    expect(second.body.data.map(({ name }: Json) => name)).toEqual(['Zoe Listed']);
    expect(second.headers.get('link')).toContain('page=0>; rel="prev"');
    const same = await call('ListUsers', {
      search: 'listed',
      sort: 'name',
      order: 'SORT_ORDER_ASC',
      size: 2,
      page: 1,
    });
    expect(same).toMatchObject({ data: [{ name: 'Zoe Listed' }], page: 1, size: 2, total: '3' });

    const admins = await send('GET', '?role=super_admin&status=active');
    expect(admins.body.data).toMatchObject([{ name: 'Administrator', role: 'super_admin' }]);
    expect((await call('ListUsers', { role: 'USER_ROLE_SUPER_ADMIN' })).total).toBe('1');
    const before = encodeURIComponent(first.body.data[0].created_at);
    expect((await send('GET', `?search=listed&created_before=${before}`)).body.total).toBe(1);
    expect((await send('GET', `?search=listed&created_after=${before}`)).body.total).toBe(1);
  });

  it('are all there when a long list is read page by page, on both protocols', async () => {
    const client = new pg.Client({ connectionString: product().app.database.url });
    await client.connect();
    // All at the same moment, so that only the order of ids keeps pages apart; and with as much metadata as one may have.
    await client.query(
      `INSERT INTO users (id, name, email, role, status, metadata)
       SELECT gen_random_uuid(), 'Many ' || n, 'many-' || n || '@example.test', 'user', 'active',
         jsonb_build_object('text', repeat('x', 16000)) FROM generate_series(1, 250) n`,
    );
    await client.end();
    const { send, call } = await as('admin');
    const pages: [rest: string[], grpc: string[]] = [[], []];
    for (let page = 0; page < 3; page++) {
      const rest = await send('GET', `?search=many-&size=100&page=${page}`);
      const grpc = await call('ListUsers', { search: 'many-', size: 100, page });
      expect([rest.status, rest.body.total, grpc.total]).toEqual([200, 250, '250']);
      pages[0].push(...rest.body.data.map(({ id }: Json) => id as string));
      pages[1].push(...grpc.data.map(({ id }: Json) => id as string));
    }
    expect(new Set(pages[0]).size).toBe(250);
    expect(pages[1]).toEqual(pages[0]);
  });

  it('are found by e-mail address without regard to case', async () => {
    const { people } = product();
    const person = await people.newcomer();
    const { call, failure } = await as('moderator');
    const { user } = await call('GetUserByEmail', { email: person.email.toUpperCase() });
    expect(user.id).toBe(person.id);
    expect(await call('EmailExists', { email: person.email.toUpperCase() })).toEqual({ exists: true });
    expect(await call('EmailExists', { email: people.newEmail() })).toEqual({ exists: false });
    expect((await failure('GetUser', { id: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87' })).reason).toBe(
      'NOT_FOUND',
    );
  });

  it('are changed by their owners, field by field or as a whole', async () => {
    const { rest, grpc, people } = product();
    const { id, token, email } = await people.newcomer('Ada');
    const path = `/api/v1/users/${id}`;
    const metadata = { theme: 'dark', deep: { list: [1, null, 'ß'] } };
    const changed = await rest.send('PATCH', path, { token, body: { name: 'Ada King', metadata } });
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
    expect(changed.body).toMatchObject({ name: 'Ada King', email, metadata, version: 2 });
    const avatar_url = 'https://cdn.example.test/ada.png';
    const replaced = await rest.send('PUT', path, { token, body: { name: 'Ada', email, avatar_url } });
    expect(replaced.body).toMatchObject({ name: 'Ada', avatar_url, metadata: {}, version: 3 });

    const update = async (request: object): Promise<Json> =>
      (await grpc.unary(`${USERS}/UpdateUser`, { id, ...request }, { token })).response;
    const { user } = await update({ user: { name: 'Countess' } });
    expect(user).toMatchObject({ name: 'Countess', avatar_url, version: 4 });
    const masked = await update({ user: { name: 'ignored' }, update_mask: { paths: ['avatar_url'] } });
    expect(masked.user.name).toBe('Countess');
    expect(masked.user.avatar_url ?? null).toBeNull();
    const moved = await rest.send('PATCH', path, { token, body: { email: people.newEmail() } });
    expect(moved.body).toMatchObject({ email_verified: false, version: 6 });
  });

  it('are not changed over a version that the caller has not seen', async () => {
    const { rest, grpc, people } = product();
    const { id, token } = await people.newcomer();
    const patch = (name: string, match: string) =>
      rest.send('PATCH', `/api/v1/users/${id}`, { token, body: { name }, headers: { 'if-match': match } });
    expect((await patch('First', '"1"')).status).toBe(200);
    expect(problemOf(await patch('Second', '"1"'))).toEqual([412, 'PRECONDITION_FAILED', {}]);
    expect(problemOf(await patch('Second', 'nonsense'))).toEqual([
      422,
      'VALIDATION_FAILED',
      { 'If-Match': 'IS_ENTITY_TAG' },
    ]);
    const error = await grpc
      .unary(`${USERS}/UpdateUser`, { id, user: { name: 'Second' }, expected_version: 1 }, { token })
      .catch((caught: unknown) => caught as GrpcCallError);
    expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'PRECONDITION_FAILED' });
    expect((await rest.get(`/api/v1/users/${id}`, { token })).body).toMatchObject({
      name: 'First',
      version: 2,
    });
  });

  it('cannot take over the address of another', async () => {
    const { rest, grpc, people } = product();
    const taken = (await people.newcomer()).email.toUpperCase();
    const { id, token } = await people.newcomer();
    const answer = await rest.send('PATCH', `/api/v1/users/${id}`, { token, body: { email: taken } });
    expect(problemOf(answer)).toEqual([409, 'CONFLICT', { email: 'EMAIL_TAKEN' }]);
    const error = await grpc
      .unary(`${USERS}/UpdateUser`, { id, user: { email: taken } }, { token })
      .catch((caught: unknown) => caught as GrpcCallError);
    expect(error).toMatchObject({ code: 'ALREADY_EXISTS', violations: { email: 'EMAIL_TAKEN' } });
  });

  it('are deleted softly: sessions end at once, the address stays reserved', async () => {
    const { rest, people } = product();
    const { send, call, failure } = await as('admin');
    for (const remove of [
      async (id: string) => expect((await send('DELETE', `/${id}`)).status).toBe(204),
      async (id: string) => expect(await call('DeleteUser', { id })).toEqual({}),
    ]) {
      const person = await people.newcomer();
      await remove(person.id);
      expect((await rest.get('/api/v1/auth/me', { token: person.token })).status).toBe(401);
      expect((await rest.post('/api/v1/auth/refresh', { refresh_token: person.refreshToken })).status).toBe(
        401,
      );
      const { email, password } = person;
      expect((await rest.post('/api/v1/auth/login', { email, password })).status).toBe(401);
      const again = await rest.post('/api/v1/auth/register', { name: 'Again', email, password });
      expect(problemOf(again)).toEqual([409, 'CONFLICT', { email: 'EMAIL_TAKEN' }]);
      expect((await send('GET', `/${person.id}`)).status).toBe(404);
      expect((await send('DELETE', `/${person.id}`)).status).toBe(404);
      expect((await failure('DeleteUser', { id: person.id })).code).toBe('NOT_FOUND');
    }
  });

  it('of super_admins are out of reach of admins, and the last one stays', async () => {
    const { people } = product();
    const { id } = await people.withRole('super_admin');
    const admin = await as('admin');
    expect(problemOf(await admin.send('DELETE', `/${id}`))).toEqual([
      403,
      'FORBIDDEN',
      { '': 'SUPER_ADMIN_PROTECTED' },
    ]);
    expect(problemOf(await admin.send('PATCH', `/${id}`, { name: 'Eve' }))[0]).toBe(403);
    expect((await admin.failure('DeleteUser', { id })).code).toBe('PERMISSION_DENIED');
    const superAdmin = await as('super_admin');
    expect(problemOf(await superAdmin.send('DELETE', `/${id}`))).toEqual([
      409,
      'CONFLICT',
      { '': 'LAST_SUPER_ADMIN' },
    ]);
    expect((await superAdmin.failure('DeleteUser', { id })).code).toBe('ABORTED');
  });
});
