import { eventually } from '../support/eventually.js';
import { describeOverLinks, type TestProduct } from '../support/over-links.js';
import { problemOf, type Json, type RestAnswer } from '../support/rest-client.js';

const CSV = { 'content-type': 'text/csv' };
const NDJSON = { 'content-type': 'application/x-ndjson; charset=utf-8' };
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const linesOf = (text: string): Json[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

async function upload(
  { rest }: TestProduct,
  token: string | undefined,
  raw: string | Buffer,
  headers: Record<string, string> = CSV,
  query = '',
): Promise<RestAnswer> {
  return rest.send('POST', `/api/v1/users/import${query}`, { token, headers, raw });
}

/** The import as it is when its job is done, and its report by row. */
async function finished({ rest }: TestProduct, token: string, { body }: RestAnswer) {
  const path = `/api/v1/users/imports/${body.import_id}`;
  const run = await eventually('the import is over', async () => {
    const { body: current } = await rest.get(path, { token });
    return ['COMPLETED', 'STOPPED', 'FAILED'].includes(current.state as string) ? current : undefined;
  });
  const report = linesOf((await rest.get(`${path}/report?outcome=all`, { token })).text);
  return { run, report, codes: Object.fromEntries(report.map(({ row, code }) => [row, code])) };
}

const auditOf = async ({ app }: TestProduct, action: string, target?: string): Promise<Json[]> => {
  const { DataSource } = await import('typeorm');
  return app.nest
    .get(DataSource, { strict: false })
    .query('SELECT * FROM audit_logs WHERE action = $1 AND ($2::text IS NULL OR target_id = $2)', [
      action,
      target ?? null,
    ]);
};

describeOverLinks('accounts in bulk', (product) => {
  it('come in as CSV: a job makes them, each on record, and tells which rows became none', async () => {
    const { rest, people } = product();
    const { id, token, email } = await people.withRole('admin');
    const [one, two] = [people.newEmail(), people.newEmail()];
    const file = [
      '\uFEFFname,email,role,metadata,avatar_url,status',
      `"Hopper, Grace",${one},,"{""team"": ""navy""}",https://cdn.example.com/g.png,suspended`,
      `Ada,${two},moderator,,,`,
      `Ada again,${two.toUpperCase()},,,,`,
      `Known,${email},,,,`,
      `,not-an-address,,,http://plain.example,`,
      `Chief,${people.newEmail()},super_admin,,,`,
      `Odd,${people.newEmail()}`,
      `Json,${people.newEmail()},,{broken,,`,
      '',
    ].join('\r\n');

    const accepted = await upload(product(), token, file);
    expect([accepted.status, accepted.body]).toEqual([
      202,
      {
        import_id: expect.stringMatching(UUID_V7),
        job_id: expect.stringMatching(UUID_V7),
        rows: 8,
      },
    ]);
    expect(accepted.headers.get('location')).toBe(`/api/v1/jobs/jobs/${accepted.body.job_id}`);

    const { run, report, codes } = await finished(product(), token, accepted);
    expect(run).toMatchObject({
      state: 'COMPLETED',
      format: 'csv',
      ignored_columns: ['status'],
      created_by: id,
      rows: 8,
      processed: 8,
      created: 2,
      refused: 6,
    });
    expect(codes).toEqual({
      1: null,
      2: null,
      3: 'DUPLICATE_IN_FILE',
      4: 'EMAIL_TAKEN',
      5: 'VALIDATION_FAILED',
      6: 'ROLE_ABOVE_OWN',
      7: 'MALFORMED_ROW',
      8: 'VALIDATION_FAILED',
    });
    expect(report[4]!.errors.map(({ field, code }: Json) => [field, code])).toEqual([
      ['name', 'IS_DISPLAY_NAME'],
      ['email', 'IS_EMAIL'],
      ['avatar_url', 'IS_PICTURE_URL'],
    ]);
    expect(report[2]!.errors[0].message).toBe('row 2 has the same address');
    const made = await rest.get(`/api/v1/users/${report[0]!.user_id}`, { token });
    expect(made.body).toMatchObject({
      name: 'Hopper, Grace',
      email: one,
      role: 'user',
      status: 'pending_verification',
      metadata: { team: 'navy' },
      avatar_url: 'https://cdn.example.com/g.png',
    });
    const [created] = await auditOf(product(), 'USER_CREATED', report[1]!.user_id as string);
    expect(created).toMatchObject({
      actor_id: id,
      details: { after: { email: two, role: 'moderator' }, import_id: run.id, row: 2 },
    });
    expect(await auditOf(product(), 'USERS_IMPORTED', run.id as string)).toMatchObject([
      { actor_id: id, route: 'POST /api/v1/users/import' },
    ]);
    expect(await auditOf(product(), 'USERS_IMPORT_ENDED', run.id as string)).toMatchObject([
      { details: { state: 'COMPLETED', rows: 8, created: 2, refused: 6 } },
    ]);
    const job = await eventually('the job is COMPLETED', async () => {
      const { body } = await rest.get(accepted.headers.get('location')!, { token });
      return body?.state === 'COMPLETED' ? body : undefined;
    });
    expect(job).toMatchObject({
      type: 'users.import',
      progress: 100,
      result: { import_id: run.id, state: 'COMPLETED', rows: 8, created: 2, refused: 6 },
    });
  });

  it('come in as NDJSON, and each gets a mail where that is wanted', async () => {
    const { people, mails } = product();
    const { token } = await people.withRole('admin');
    const invited = people.newEmail();
    const file = `{"name":"Lin","email":"${invited}"}\n[]\n{"name":"X","email":"x@example.test","password":"S3cret-word"}\n`;
    const accepted = await upload(product(), token, file, NDJSON, '?send_invitations=true');
    const { run, codes } = await finished(product(), token, accepted);
    expect(run).toMatchObject({ format: 'ndjson', send_invitations: true, created: 1, refused: 2 });
    expect(codes).toEqual({ 1: null, 2: 'MALFORMED_ROW', 3: 'VALIDATION_FAILED' });
    expect(await mails.to(invited)).toContain('Hello Lin,');
    expect(await upload(product(), token, file, NDJSON, '?send_invitations=1')).toMatchObject({
      status: 422,
    });
  });

  it('go out and come in again: an export is read back, and each address found taken', async () => {
    const { rest, people } = product();
    const { token } = await people.withRole('admin');
    const name = '=1+1 Mallory';
    const row = JSON.stringify({ name, email: people.newEmail(), metadata: { a: '=x' } });
    await finished(product(), token, await upload(product(), token, row, NDJSON));
    for (const [format, type] of [
      ['csv', 'text/csv; charset=utf-8'],
      ['ndjson', 'application/x-ndjson; charset=utf-8'],
    ] as const) {
      const exported = await rest.get(`/api/v1/users/export?format=${format}`, { token });
      expect([exported.status, exported.headers.get('content-type')]).toEqual([200, type]);
      expect(exported.headers.get('content-disposition')).toBe(`attachment; filename="users.${format}"`);
      expect(exported.headers.get('cache-control')).toBe('no-store');
      const accepted = await upload(product(), token, exported.text, { 'content-type': type });
      const { run, report } = await finished(product(), token, accepted);
      expect(run).toMatchObject({ state: 'COMPLETED', created: 0, refused: run.rows });
      expect(new Set(report.map(({ code }) => code as string))).toEqual(
        new Set(['EMAIL_TAKEN', 'ROLE_ABOVE_OWN']),
      );
    }
  });

  it('go out as the list filters them, and on record before the first leaves', async () => {
    const { rest, people } = product();
    const { id, token } = await people.withRole('admin');
    const marked = `Zed${Date.now()}`;
    const rows = Array.from({ length: 450 }, () => `{"name":"${marked}","email":"${people.newEmail()}"}`);
    const accepted = await upload(product(), token, [...rows, '{}'].join('\n'), NDJSON);
    const { run } = await finished(product(), token, accepted);
    expect(run).toMatchObject({ created: 450, refused: 1 });
    const query = `search=${marked}&role=user&status=pending_verification`;
    const exported = await rest.get(`/api/v1/users/export?${query}`, {
      token,
      headers: { 'x-request-id': marked },
    });
    const found = linesOf(exported.text);
    expect(new Set(found.map(({ email }) => email as string)).size).toBe(450);
    expect(Object.keys(found[0] as object)).toHaveLength(13);
    const [entry] = (await auditOf(product(), 'USERS_EXPORTED')).filter((each) => each.request_id === marked);
    expect(entry).toMatchObject({
      actor_id: id,
      details: {
        format: 'ndjson',
        filter: { search: marked, role: 'user', status: 'pending_verification' },
      },
    });
    const none = `created_after=2100-01-01T00:00:00Z&format=csv`;
    expect((await rest.get(`/api/v1/users/export?${none}`, { token })).text.split('\r\n')).toHaveLength(2);
    expect(problemOf(await rest.get('/api/v1/users/export?role=root&page=1', { token }))).toEqual([
      422,
      'VALIDATION_FAILED',
      { role: 'IS_IN', page: 'UNKNOWN_FIELD' },
    ]);
    expect(await rest.send('HEAD', `/api/v1/users/export?${query}`, { token })).toMatchObject({
      status: 200,
      text: '',
    });
    const path = `/api/v1/users/imports/${run.id}/report`;
    expect(linesOf((await rest.get(path, { token })).text).map((line) => line.row as number)).toEqual([451]);
    const csv = await rest.get(`${path}?outcome=all`, { token, headers: { accept: 'text/csv' } });
    expect(csv.text.split('\r\n').slice(0, 2)).toEqual([
      'row,user_id,code,errors',
      expect.stringMatching(/^1,[0-9a-f-]{36},,\[\]$/),
    ]);
  });

  it.each<[string, string | Buffer, Record<string, string>, number, string, Record<string, string>]>([
    ['JSON', '{}', { 'content-type': 'application/json' }, 415, 'UNSUPPORTED_MEDIA_TYPE', {}],
    ['text', 'a', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE', {}],
    ['compressed', 'a', { ...CSV, 'content-encoding': 'gzip' }, 415, 'UNSUPPORTED_MEDIA_TYPE', {}],
    ['in Latin-1', 'a', { 'content-type': 'text/csv; charset=latin1' }, 415, 'UNSUPPORTED_MEDIA_TYPE', {}],
    ['empty', '', CSV, 422, 'VALIDATION_FAILED', { '': 'IMPORT_EMPTY' }],
    ['a header alone', 'name,email\n', CSV, 422, 'VALIDATION_FAILED', { '': 'IMPORT_EMPTY' }],
    [
      'with passwords',
      'name,email,password\na,b,c',
      CSV,
      422,
      'VALIDATION_FAILED',
      { password: 'UNKNOWN_FIELD' },
    ],
    [
      'no UTF-8',
      Buffer.from([0xff, 0xfe, 0x61]),
      CSV,
      400,
      'MALFORMED_REQUEST',
      { '': 'IMPORT_FILE_BROKEN' },
    ],
    [
      'broken after its beginning',
      `name,email\n${'A,a@b.cd\n'.repeat(30_000)}"A`,
      CSV,
      400,
      'MALFORMED_REQUEST',
      { '': 'IMPORT_FILE_BROKEN' },
    ],
    [
      'of one large cell',
      `name,email\n${'x'.repeat(10_000_000)}`,
      CSV,
      413,
      'PAYLOAD_TOO_LARGE',
      { '': 'IMPORT_TOO_LARGE' },
    ],
  ])(
    'are refused from a file that is %s, of which nothing is left',
    async (_what, raw, headers, ...answer) => {
      const { people, app } = product();
      const { token } = await people.withRole('admin');
      expect(problemOf(await upload(product(), token, raw, headers))).toEqual(answer);
      const { DataSource } = await import('typeorm');
      const source = app.nest.get(DataSource, { strict: false });
      expect(await source.query(`SELECT 1 FROM user_imports WHERE state = 'UPLOADING'`)).toEqual([]);
      expect(await source.query('SELECT 1 FROM user_import_chunks')).toEqual([]);
    },
  );

  it('are taken as files by their own route alone', async () => {
    const { rest, people } = product();
    const { token } = await people.withRole('admin');
    for (const path of ['/api/v1/users', '/api/v1/auth/login']) {
      for (const headers of [CSV, NDJSON]) {
        const answer = await rest.send('POST', path, { token, headers, raw: 'name,email' });
        expect(problemOf(answer)).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE', {}]);
      }
    }
  });
});
