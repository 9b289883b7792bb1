import { request as httpRequest } from 'node:http';
import { describeOverLinks, type TestProduct } from '../support/over-links.js';
import { expectProblem } from '../support/problem.js';
import { problemOf } from '../support/rest-client.js';

const MIB = 1_048_576;
const PASSWORD = 'Tr0mbone-Quartet';

describeOverLinks('bad input over REST', (product) => {
  let token: string;
  let ownPath: string;
  let accounts: number;

  const count = async ({ rest }: TestProduct): Promise<number> =>
    (await rest.get('/api/v1/users?size=1', { token })).body.total as number;

  beforeAll(async () => {
    ({ token } = await product().people.withRole('admin'));
    ownPath = `/api/v1/users/${(await product().people.newcomer()).id}`;
    accounts = await count(product());
  });

  // Nothing lost: the product answers as before, and neither made nor lost an account.
  afterEach(async () => {
    const ready = await product().rest.get('/health/ready');
    expect([ready.status, await count(product())]).toEqual([200, accounts]);
  });

  const LOGIN = '/api/v1/auth/login';
  const valid = { name: 'Mallory', email: 'mallory@example.test', password: PASSWORD };

  it('with as many members as a body can hold is refused, and stops nobody', async () => {
    const members = Array.from({ length: 90_000 }, (_, n) => `"m${n}":1`).join(',');
    for (const raw of [`{${members}}`, `{"email":{${members}}}`]) {
      const answer = await product().rest.send('POST', LOGIN, { raw });
      expect(problemOf(answer)).toEqual([413, 'PAYLOAD_TOO_LARGE', {}]);
      expectProblem(answer);
    }
  });

  it.each([
    ['malformed JSON', '{"name":'],
    ['text that is no JSON', 'hello'],
    ['an empty body', ''],
    ['an array', '[]'],
    ['a string', '"x"'],
    ['a number', '5'],
    ['null', 'null'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['a __proto__ key', `{"__proto__":{"role":"admin"},"email":"a@example.test","password":"x"}`],
    ['two documents', '{}{}'],
    ['arrays in a hundred thousand arrays', `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ])('refuses %s with MALFORMED_REQUEST', async (_what, raw) => {
    for (const path of ['/api/v1/auth/register', LOGIN, '/api/v1/auth/refresh']) {
      const answer = await product().rest.send('POST', path, { raw });
      expect(problemOf(answer)).toEqual([400, 'MALFORMED_REQUEST', {}]);
      expectProblem(answer);
    }
  });

  it('refuses a missing body, also with a token', async () => {
    const { rest } = product();
    for (const [method, path] of [
      ['POST', '/api/v1/auth/register'],
      ['POST', LOGIN],
      ['POST', '/api/v1/users'],
      ['PUT', ownPath],
      ['PATCH', ownPath],
      ['POST', '/api/jobs/jobs'],
    ] as const) {
      const answer = await rest.send(method, path, { token });
      expect([path, ...problemOf(answer)]).toEqual([path, 400, 'MALFORMED_REQUEST', {}]);
      expectProblem(answer);
    }
  });

  it.each([
    [{ ...valid, name: 5, email: ['x'], password: { $ne: '' } }, ['email', 'name', 'password']],
    [{ ...valid, name: null, email: null, password: null }, ['email', 'name', 'password']],
    [{ ...valid, name: true }, ['name']],
    [{ ...valid, password: 12345678 }, ['password']],
    [{}, ['email', 'name', 'password']],
    [{ ...valid, name: 'a\u0000b' }, ['name']],
    [{ ...valid, name: 'x'.repeat(101), email: `${'x'.repeat(250)}@a.b` }, ['email', 'name']],
    [{ ...valid, email: 'a@b@c.de' }, ['email']],
    [{ ...valid, email: 'a@example.test\r\nBcc: x@example.test' }, ['email']],
    [{ ...valid, password: 'x'.repeat(1025) }, ['password']],
    [{ ...valid, role: 'admin', id: 1 }, ['id', 'role']],
    [{ ...valid, constructor: 2, toString: 1 }, ['constructor', 'toString']],
  ])('refuses the registration %j and names every broken field', async (body, fields) => {
    const answer = await product().rest.post('/api/v1/auth/register', body);
    const [status, code, broken] = problemOf(answer);
    expect([status, code, Object.keys(broken).sort()]).toEqual([422, 'VALIDATION_FAILED', fields]);
    expectProblem(answer);
  });

  it('refuses unknown fields everywhere a body is read', async () => {
    const { rest } = product();
    const attempts: [string, string, object][] = [
      ['POST', LOGIN, { email: 'a@example.test', password: 'x' }],
      ['POST', '/api/v1/auth/refresh', { refresh_token: 'x' }],
      ['POST', '/api/v1/auth/logout', { refresh_token: 'x' }],
      ['POST', '/api/v1/auth/reset-password', { token: 'x', new_password: 'x' }],
      ['POST', '/api/v1/users', { name: 'A', email: 'a@example.test' }],
      ['PUT', ownPath, { name: 'A', email: 'a@example.test' }],
      ['PATCH', ownPath, { name: 'A' }],
      ['POST', '/api/jobs/jobs', { type: 'queue.prune_records' }],
    ];
    for (const [method, path, body] of attempts) {
      const answer = await rest.send(method, path, { token, body: { ...body, is_admin: true } });
      expect([path, ...problemOf(answer)]).toEqual([
        path,
        422,
        'VALIDATION_FAILED',
        { is_admin: 'UNKNOWN_FIELD' },
      ]);
    }
    const lists = ['/api/v1/users', '/api/v1/jobs/jobs', '/api/v1/plugins'];
    for (const path of lists) {
      const answer = await rest.get(`${path}?drop=1`, { token });
      expect([path, ...problemOf(answer)]).toEqual([
        path,
        422,
        'VALIDATION_FAILED',
        { drop: 'UNKNOWN_FIELD' },
      ]);
    }
  });

  it('takes a body of 1 MiB and refuses one byte more', async () => {
    const { rest } = product();
    const body = (bytes: number): string => {
      const head = '{"refresh_token":"';
      return `${head}${'x'.repeat(bytes - head.length - 2)}"}`;
    };
    expect(problemOf(await rest.send('POST', '/api/v1/auth/refresh', { raw: body(MIB) }))[0]).toBe(422);
    const refused = await rest.send('POST', '/api/v1/auth/refresh', { raw: body(MIB + 1) });
    expect(problemOf(refused)).toEqual([413, 'PAYLOAD_TOO_LARGE', {}]);
    expectProblem(refused);
  });

  it('refuses a body without a length as soon as it is over the limit', async () => {
    const { app } = product();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const upload = httpRequest(`${app.restUrl}${LOGIN}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      });
      upload.on('response', (response) => resolve(response.resume().statusCode));
      // The connection may be closed under what is still being sent.
      upload.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EPIPE' || error.code === 'ECONNRESET' ? undefined : reject(error),
      );
      for (let sent = 0; sent <= MIB; sent += 65_536) upload.write('x'.repeat(65_536));
      upload.end();
    });
    expect(status).toBe(413);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'x',
  ])('refuses the media type %s', async (type) => {
    const answer = await product().rest.send('POST', LOGIN, { raw: '{}', headers: { 'content-type': type } });
    expect(problemOf(answer)).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE', {}]);
    expectProblem(answer);
  });

  it.each([
    '1',
    'x',
    '%00',
    `1%20OR%201=1`,
    `'%3BDROP TABLE users--`,
    '01980c5e-7d5a-7c3e-9b1a',
    '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a8z',
  ])('refuses the id %s', async (id) => {
    const { rest } = product();
    const attempts: [string, string, object?][] = [
      ['GET', `/api/v1/users/${id}`],
      ['PATCH', `/api/v1/users/${id}`, { name: 'A' }],
      ['PUT', `/api/v1/users/${id}`, { name: 'A', email: 'a@example.test' }],
      ['DELETE', `/api/v1/users/${id}`],
      ['GET', `/api/jobs/jobs/${id}`],
    ];
    for (const [method, path, body] of attempts) {
      const answer = await rest.send(method, path, { token, body });
      expect([method, ...problemOf(answer)]).toEqual([method, 422, 'VALIDATION_FAILED', { id: 'IS_UUID' }]);
      expectProblem(answer);
    }
  });

  it.each([
    ['page=-1', 'page'],
    ['page=x', 'page'],
    ['page=1.5', 'page'],
    ['page=1e3', 'page'],
    ['page=0x10', 'page'],
    ['page=', 'page'],
    ['page=99999999999999999999', 'page'],
    ['page=999999999', 'page'],
    ['page=1&page=2', 'page'],
    ['size=0', 'size'],
    ['size=101', 'size'],
    ['size=NaN', 'size'],
    ['sort=password_hash', 'sort'],
    ['sort=name;DROP%20TABLE%20users', 'sort'],
    ['order=sideways', 'order'],
    ['role=root', 'role'],
    ['status=gone', 'status'],
    ['created_after=yesterday', 'created_after'],
    ['created_before=2026-02-31', 'created_before'],
    ['search=a%00b', 'search'],
    [`search=${'x'.repeat(101)}`, 'search'],
    ['search[$ne]=x', 'search[$ne]'],
    ['constructor=1', 'constructor'],
    ['__proto__=1', '__proto__'],
  ])('refuses the query %s', async (query, field) => {
    const answer = await product().rest.get(`/api/v1/users?${query}`, { token });
    const [status, code, broken] = problemOf(answer);
    expect([status, code, Object.keys(broken)]).toEqual([
      422,
      'VALIDATION_FAILED',
      expect.arrayContaining([field]),
    ]);
    expectProblem(answer);
  });

  it.each([
    "'; DROP TABLE users; --",
    "' OR '1'='1",
    '%',
    '_',
    '\\',
    '%25',
    '"',
    '$1',
    '*',
    'a\\_%',
    '😀',
    'ÅÄÖ',
  ])('looks for %j as text', async (search) => {
    const { rest } = product();
    const answer = await rest.get(`/api/v1/users?search=${encodeURIComponent(search)}`, { token });
    expect([answer.status, answer.body]).toEqual([200, { data: [], page: 0, size: 10, total: 0 }]);
    const jobs = await rest.get(`/api/jobs/jobs?type=${encodeURIComponent(search)}`, { token });
    expect(jobs.body).toEqual({ data: [], next_cursor: null });
  });

  it('refuses NUL in the search for jobs', async () => {
    const answer = await product().rest.get('/api/jobs/jobs?type=a%00b&tag=%00', { token });
    expect(problemOf(answer)[0]).toBe(422);
    expectProblem(answer);
  });

  it.each([
    ['not of JSON kind', 'x'],
    ['a list', []],
    ['over 16 KiB', { a: 'x'.repeat(16_384) }],
    ['with NUL', { a: '\u0000' }],
    ['with a NUL key', { '\u0000': 1 }],
    ['with a reserved name', { a: [{ constructor: 1 }] }, 'metadata.a.0.constructor'],
    ['too deep', JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) as object],
  ])('refuses metadata that is %s', async (_what, metadata, field = 'metadata') => {
    const answer = await product().rest.send('PATCH', ownPath, { token, body: { metadata } });
    expect(problemOf(answer)[0]).toBe(422);
    expect(Object.keys(problemOf(answer)[2])).toEqual([field]);
  });

  it('answers an unknown path, a wrong method and a path that cannot be decoded', async () => {
    const { rest } = product();
    expect(problemOf(await rest.get('/api/v1/nothing', { token }))).toEqual([404, 'NOT_FOUND', {}]);
    const wrong = await rest.send('DELETE', LOGIN);
    expect([problemOf(wrong), wrong.headers.get('allow')]).toEqual([
      [405, 'METHOD_NOT_ALLOWED', {}],
      'OPTIONS, POST',
    ]);
    expect(problemOf(await rest.get('/api/v1/users/%zz', { token }))).toEqual([400, 'MALFORMED_REQUEST', {}]);
    expect(problemOf(await rest.get(`/api/v1/users/${'a'.repeat(5000)}`, { token }))[0]).toBeLessThan(500);
  });
});
