import { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import { problemOf, type Json } from '../support/rest-client.js';

const SERVICE = 'arcana.user.v1.UserService';

const refusal = async (call: Promise<unknown>): Promise<GrpcCallError> => {
  const error = await call.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(GrpcCallError);
  return error as GrpcCallError;
};

describeOverLinks('changing an account', (product) => {
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
});
