import { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import { problemOf, type Json } from '../support/rest-client.js';

const SERVICE = 'arcana.user.v1.UserService';
const NOBODY = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';

const refusal = async (call: Promise<unknown>): Promise<GrpcCallError> => {
  const error = await call.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(GrpcCallError);
  return error as GrpcCallError;
};

describeOverLinks('accounts', (product) => {
  describe('creating', () => {
    it('answers with the account, where it is and its version, and takes no password', async () => {
      const { rest, people } = product();
      const { token } = await people.withRole('admin');
      const email = people.newEmail();
      const made = await rest.post('/api/v1/users', { name: 'Grace', email, role: 'moderator' }, { token });
      expect(made.status).toBe(201);
      expect(made.body).toMatchObject({
        name: 'Grace',
        email,
        role: 'moderator',
        status: 'pending_verification',
      });
      expect(made.headers.get('location')).toBe(`/api/v1/users/${made.body.id}`);
      expect(made.headers.get('etag')).toBe('"1"');
      expect(made.headers.get('cache-control')).toBe('no-store');
      const chosen = await rest.post(
        '/api/v1/users',
        { name: 'Grace', email: people.newEmail(), password: 'Tr0mbone-Quartet', status: 'active' },
        { token },
      );
      expect(problemOf(chosen)).toEqual([
        422,
        'VALIDATION_FAILED',
        { password: 'UNKNOWN_FIELD', status: 'UNKNOWN_FIELD' },
      ]);
    });

    it('refuses a taken address in another case, on both protocols', async () => {
      const { rest, grpc, people } = product();
      const { token } = await people.withRole('admin');
      const { email } = await people.newcomer();
      const request = { name: 'Twin', email: email.toUpperCase() };
      expect(problemOf(await rest.post('/api/v1/users', request, { token }))).toEqual([
        409,
        'CONFLICT',
        { email: 'EMAIL_TAKEN' },
      ]);
      const refused = await refusal(grpc.unary(`${SERVICE}/CreateUser`, request, { token }));
      expect([refused.code, refused.reason]).toEqual(['ALREADY_EXISTS', 'CONFLICT']);
    });

    it('gives nobody a role above that of the one who creates', async () => {
      const { rest, people } = product();
      const { token } = await people.withRole('admin');
      const made = await rest.post(
        '/api/v1/users',
        { name: 'X', email: people.newEmail(), role: 'super_admin' },
        { token },
      );
      expect(problemOf(made)).toEqual([403, 'FORBIDDEN', { role: 'ROLE_ABOVE_OWN' }]);
    });

    it('mails a token that sets a password once, and ends sessions opened before', async () => {
      const { rest, people } = product();
      const person = await people.appoint('user');
      const me = await rest.get('/api/v1/auth/me', { token: person.token });
      expect(me.body).toMatchObject({ status: 'active', email_verified: true, version: 2 });
    });
  });

  describe('reading', () => {
    it('is for the account itself and for moderators and above', async () => {
      const { rest, grpc, people } = product();
      const [own, other, moderator] = [
        await people.newcomer(),
        await people.newcomer(),
        await people.withRole('moderator'),
      ];
      const path = `/api/v1/users/${own.id}`;
      expect((await rest.get(path, { token: own.token })).headers.get('etag')).toBe('"1"');
      expect((await rest.get(path, { token: moderator.token })).status).toBe(200);
      expect((await rest.get(path, { token: other.token })).status).toBe(403);
      expect((await rest.get(path)).status).toBe(401);
      const { response } = await grpc.unary<Json>(`${SERVICE}/GetUser`, { id: own.id }, { token: own.token });
      expect(response.user.email).toBe(own.email);
      const denied = await refusal(grpc.unary(`${SERVICE}/GetUser`, { id: own.id }, { token: other.token }));
      expect(denied.code).toBe('PERMISSION_DENIED');
    });

    it('by address, and of whether an address is taken, is for moderators and above', async () => {
      const { grpc, people } = product();
      const [own, moderator] = [await people.newcomer(), await people.withRole('moderator')];
      const email = own.email.toUpperCase();
      const token = moderator.token;
      const found = await grpc.unary<Json>(`${SERVICE}/GetUserByEmail`, { email }, { token });
      expect(found.response.user.id).toBe(own.id);
      expect((await grpc.unary(`${SERVICE}/EmailExists`, { email }, { token })).response).toEqual({
        exists: true,
      });
      const free = { email: people.newEmail() };
      expect((await grpc.unary(`${SERVICE}/EmailExists`, free, { token })).response).toEqual({
        exists: false,
      });
      expect((await refusal(grpc.unary(`${SERVICE}/GetUserByEmail`, free, { token }))).code).toBe(
        'NOT_FOUND',
      );
      for (const rpc of ['GetUserByEmail', 'EmailExists']) {
        const denied = await refusal(grpc.unary(`${SERVICE}/${rpc}`, { email }, { token: own.token }));
        expect(denied.code).toBe('PERMISSION_DENIED');
      }
    });

    it('names the broken id, and says when there is no such account', async () => {
      const { rest, grpc, people } = product();
      const { token } = await people.withRole('admin');
      const bad = await rest.get('/api/v1/users/42', { token });
      expect(problemOf(bad)).toEqual([422, 'VALIDATION_FAILED', { id: 'IS_UUID' }]);
      expect((await rest.get(`/api/v1/users/${NOBODY}`, { token })).status).toBe(404);
      const refused = await refusal(grpc.unary(`${SERVICE}/GetUser`, { id: '42' }, { token }));
      expect([refused.code, refused.violations]).toEqual(['INVALID_ARGUMENT', { id: 'IS_UUID' }]);
      expect((await refusal(grpc.unary(`${SERVICE}/GetUser`, { id: NOBODY }, { token }))).code).toBe(
        'NOT_FOUND',
      );
    });
  });

  describe('listing', () => {
    it('pages with links, on both protocols alike', async () => {
      const { rest, grpc, people } = product();
      const { token } = await people.withRole('admin');
      for (const name of ['Zelda C', 'Zelda A', 'Zelda B']) await people.newcomer(name);
      const query = 'search=zelda&sort=name&order=asc&size=2';
      const first = await rest.get(`/api/v1/users?${query}`, { token });
      expect(first.body).toMatchObject({
        page: 0,
        size: 2,
        total: 3,
        data: [{ name: 'Zelda A' }, { name: 'Zelda B' }],
      });
      expect(first.headers.get('link')).toBe(`</api/v1/users?${query}&page=1>; rel="next"`);
      const last = await rest.get(`/api/v1/users?${query}&page=1`, { token });
      expect(last.body.data).toMatchObject([{ name: 'Zelda C' }]);
      expect(last.headers.get('link')).toBe(`</api/v1/users?${query}&page=0>; rel="prev"`);
      const { response } = await grpc.unary<Json>(
        `${SERVICE}/ListUsers`,
        { search: 'zelda', sort: 'name', order: 'SORT_ORDER_DESC', size: 2, page: 1, role: 'USER_ROLE_USER' },
        { token },
      );
      expect(response).toMatchObject({ page: 1, size: 2, total: '3', data: [{ name: 'Zelda A' }] });
    });

    it('names every broken parameter at once', async () => {
      const { rest, grpc, people } = product();
      const { token } = await people.withRole('admin');
      const broken = await rest.get(
        '/api/v1/users?page=-1&size=1000&sort=password_hash&search=%00&colour=red',
        { token },
      );
      expect(problemOf(broken)).toEqual([
        422,
        'VALIDATION_FAILED',
        expect.objectContaining({
          size: 'MAX',
          sort: 'IS_IN',
          search: 'IS_SEARCH_TEXT',
          colour: 'UNKNOWN_FIELD',
        }),
      ]);
      expect(Object.keys(problemOf(broken)[2])).toContain('page');
      const deep = await rest.get('/api/v1/users?page=100000000', { token });
      expect(problemOf(deep)).toEqual([422, 'VALIDATION_FAILED', { page: 'PAGE_TOO_DEEP' }]);
      const refused = await refusal(
        grpc.unary(`${SERVICE}/ListUsers`, { size: 1000, search: '\0' }, { token }),
      );
      expect(refused.violations).toEqual({ size: 'MAX', search: 'IS_SEARCH_TEXT' });
    });

    it('is for administrators', async () => {
      const { rest, people } = product();
      const { token } = await people.withRole('moderator');
      expect((await rest.get('/api/v1/users', { token })).status).toBe(403);
    });
  });

  describe('changing', () => {
    it('refuses a stale version, and accepts none', async () => {
      const { rest, people } = product();
      const { id, token } = await people.newcomer();
      const patch = (body: object, ifMatch?: string) =>
        rest.send('PATCH', `/api/v1/users/${id}`, {
          token,
          body,
          headers: ifMatch ? { 'if-match': ifMatch } : {},
        });
      const changed = await patch({ name: 'One' }, '"1"');
      expect([changed.status, changed.body.name, changed.headers.get('etag')]).toEqual([200, 'One', '"2"']);
      expect(problemOf(await patch({ name: 'Two' }, '"1"'))).toEqual([412, 'PRECONDITION_FAILED', {}]);
      expect(problemOf(await patch({ name: 'Two' }, '1'))).toEqual([
        422,
        'VALIDATION_FAILED',
        { 'If-Match': 'IS_ENTITY_TAG' },
      ]);
      expect((await patch({ name: 'Three' })).headers.get('etag')).toBe('"3"');
      expect((await patch({ name: 'Three' })).headers.get('etag')).toBe('"3"');
    });

    it('loses no update when many write at once', async () => {
      const { rest, people } = product();
      const { id, token } = await people.newcomer();
      const body = (index: number) => ({ metadata: { index } });
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          rest.send('PATCH', `/api/v1/users/${id}`, {
            token,
            body: body(index),
            headers: { 'if-match': '"1"' },
          }),
        ),
      );
      const won = answers.filter(({ status }) => status === 200);
      expect(won).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 412)).toHaveLength(9);
      expect((await rest.get(`/api/v1/users/${id}`, { token })).body).toEqual(won[0]!.body);
    });

    it('replaces with PUT and keeps with PATCH', async () => {
      const { rest, people } = product();
      const { id, token, email } = await people.newcomer();
      const path = `/api/v1/users/${id}`;
      const avatar_url = 'https://cdn.example.com/a.png';
      const metadata = { theme: 'dark', deep: [{ a: null }] };
      const patched = await rest.send('PATCH', path, { token, body: { avatar_url, metadata } });
      expect(patched.body).toMatchObject({ name: 'Ada Lovelace', avatar_url, metadata });
      const replaced = await rest.send('PUT', path, { token, body: { name: 'Ada King', email } });
      expect(replaced.body).toMatchObject({ name: 'Ada King', email, avatar_url: null, metadata: {} });
      expect(problemOf(await rest.send('PUT', path, { token, body: { name: 'Ada King' } }))).toEqual([
        422,
        'VALIDATION_FAILED',
        { email: 'IS_EMAIL' },
      ]);
    });

    it("takes no field that is not the owner's to change", async () => {
      const { rest, people } = product();
      const { id, token } = await people.newcomer();
      const body = { role: 'admin', status: 'active', email_verified: true, version: 9, access_epoch: 1 };
      const refused = await rest.send('PATCH', `/api/v1/users/${id}`, { token, body });
      expect(problemOf(refused)).toEqual([
        422,
        'VALIDATION_FAILED',
        Object.fromEntries(Object.keys(body).map((field) => [field, 'UNKNOWN_FIELD'])),
      ]);
    });

    it('over gRPC writes what the mask names', async () => {
      const { grpc, people } = product();
      const { id, token } = await people.newcomer();
      const update = async (request: object) =>
        (await grpc.unary<Json>(`${SERVICE}/UpdateUser`, { id, ...request }, { token })).response.user;
      const avatar_url = 'https://cdn.example.com/a.png';
      const metadata = { fields: { theme: { stringValue: 'dark' } } };
      const named = await update({ user: { name: 'Ada King', avatar_url, metadata } });
      expect(named).toMatchObject({ name: 'Ada King', avatar_url, version: 2 });
      const masked = await update({
        user: { name: 'Ignored' },
        update_mask: { paths: ['avatar_url', 'metadata'] },
        expected_version: 2,
      });
      expect(masked).toMatchObject({ name: 'Ada King', version: 3, metadata: { fields: {} } });
      expect(masked.avatar_url ?? '').toBe('');
    });

    it('over gRPC refuses masks that name nothing it can write, and stale versions', async () => {
      const { grpc, people } = product();
      const { id, token } = await people.newcomer();
      const refused = (request: object) =>
        refusal(grpc.unary(`${SERVICE}/UpdateUser`, { id, ...request }, { token }));
      const masked = await refused({ user: {}, update_mask: { paths: ['role', 'name'] } });
      expect([masked.code, masked.violations]).toEqual([
        'INVALID_ARGUMENT',
        { update_mask: 'UNKNOWN_FIELD', 'user.name': 'IS_DEFINED' },
      ]);
      const broken = await refused({ user: { name: '' }, update_mask: { paths: ['name'] } });
      expect(broken.violations).toEqual({ 'user.name': 'IS_DISPLAY_NAME' });
      const stale = await refused({ user: { name: 'X' }, expected_version: 7 });
      expect([stale.code, stale.reason]).toEqual(['FAILED_PRECONDITION', 'PRECONDITION_FAILED']);
    });

    it('of a super_admin is for super_admins', async () => {
      const { rest, people } = product();
      const [admin, root] = [await people.withRole('admin'), await people.withRole('super_admin')];
      const path = `/api/v1/users/${root.id}`;
      const byAdmin = await rest.send('PATCH', path, { token: admin.token, body: { name: 'X' } });
      expect(problemOf(byAdmin)).toEqual([403, 'FORBIDDEN', { '': 'SUPER_ADMIN_PROTECTED' }]);
      const itself = await rest.send('PATCH', path, { token: root.token, body: { name: 'Root' } });
      expect(itself.body.name).toBe('Root');
    });
  });

  describe('deleting', () => {
    it('ends the access of the account at once and keeps its address', async () => {
      const { rest, grpc, people } = product();
      const { token: admin } = await people.withRole('admin');
      const { id, token, refreshToken, email, password } = await people.newcomer();
      const deleted = await rest.send('DELETE', `/api/v1/users/${id}`, { token: admin });
      expect([deleted.status, deleted.text]).toEqual([204, '']);
      expect((await rest.get('/api/v1/auth/me', { token })).status).toBe(401);
      expect((await rest.post('/api/v1/auth/refresh', { refresh_token: refreshToken })).status).toBe(401);
      expect(problemOf(await rest.post('/api/v1/auth/login', { email, password }))[1]).toBe(
        'INVALID_CREDENTIALS',
      );
      expect((await rest.get(`/api/v1/users/${id}`, { token: admin })).status).toBe(404);
      expect(problemOf(await rest.post('/api/v1/auth/register', { name: 'Again', email, password }))[0]).toBe(
        409,
      );
      const again = await refusal(grpc.unary(`${SERVICE}/DeleteUser`, { id }, { token: admin }));
      expect(again.code).toBe('NOT_FOUND');
    });

    it('over gRPC does the same', async () => {
      const { rest, grpc, people } = product();
      const { token: admin } = await people.withRole('admin');
      const { id, token } = await people.newcomer();
      expect((await grpc.unary(`${SERVICE}/DeleteUser`, { id }, { token: admin })).response).toEqual({});
      expect((await rest.get('/api/v1/auth/me', { token })).status).toBe(401);
    });

    it('of the last super_admin is refused', async () => {
      const { rest, grpc, people } = product();
      const { id, token } = await people.withRole('super_admin');
      const refused = await rest.send('DELETE', `/api/v1/users/${id}`, { token });
      expect(problemOf(refused)).toEqual([409, 'CONFLICT', { '': 'LAST_SUPER_ADMIN' }]);
      const overGrpc = await refusal(grpc.unary(`${SERVICE}/DeleteUser`, { id }, { token }));
      expect(overGrpc.code).toBe('FAILED_PRECONDITION');
    });
  });
});
