import pg from 'pg';
import { eventually } from '../support/eventually.js';
import type { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import { problemOf, type Json } from '../support/rest-client.js';

const JOBS = 'arcana.jobs.v1.JobQueueService';
const PRUNE = 'queue.prune_records';

describeOverLinks('jobs', (product) => {
  let token: string;
  beforeAll(async () => {
    ({ token } = await product().people.withRole('admin'));
  });

  const get = (path: string) => product().rest.get(path, { token });
  const enqueue = (body: object) => product().rest.post('/api/v1/jobs/jobs', body, { token });
  const call = async (rpc: string, request: object): Promise<Json> =>
    (await product().grpc.unary(`${JOBS}/${rpc}`, request, { token })).response;
  const failure = (rpc: string, request: object): Promise<GrpcCallError> =>
    call(rpc, request).then(
      () => Promise.reject(new Error(`${rpc} was accepted`)),
      (error: unknown) => error as GrpcCallError,
    );

  it('are enqueued, carried out and reported over REST', async () => {
    const request = {
      type: PRUNE,
      payload: { older_than_days: 3650 },
      priority: 'critical',
      tags: ['nightly'],
    };
    const made = await enqueue({ ...request, correlation_id: 'jobs.rest' });
    expect([made.status, made.body]).toMatchObject([
      201,
      { ...request, queue: 'maintenance', correlation_id: 'jobs.rest', deduplicated: false },
    ]);
    expect(made.headers.get('location')).toBe(`/api/v1/jobs/jobs/${made.body.id}`);
    const done = await eventually('the job is COMPLETED', async () => {
      const { body } = await get(made.headers.get('location')!);
      return body.state === 'COMPLETED' ? body : undefined;
    });
    expect(done).toMatchObject({ attempts_made: 1, result: { deleted: 0 }, error: null });
    expect(done.logs).toEqual([expect.stringMatching(/^Deleted 0 records/)]);
    const listed = await get('/api/jobs/jobs?tag=nightly&state=COMPLETED&correlation_id=jobs.rest');
    const { logs: _logs, ...summary } = done;
    expect(listed.body).toEqual({ data: [summary], next_cursor: null });
  });

  it('are enqueued, carried out and reported over gRPC', async () => {
    const { job } = await call('Enqueue', {
      type: PRUNE,
      priority: 'PRIORITY_HIGH',
      correlation_id: 'jobs.grpc',
    });
    expect(job).toMatchObject({ type: PRUNE, priority: 'PRIORITY_HIGH', correlation_id: 'jobs.grpc' });
    const done = await eventually('the job is COMPLETED', async () => {
      const answer = await call('GetJob', { id: job.id });
      return answer.job.state === 'JOB_STATE_COMPLETED' ? answer.job : undefined;
    });
    expect(done).toMatchObject({ attempts_made: 1, result: { fields: { deleted: { numberValue: 0 } } } });
    const listed = await call('ListJobs', {
      type: PRUNE,
      correlation_id: 'jobs.grpc',
      state: 'JOB_STATE_COMPLETED',
    });
    expect(listed.data.map(({ id }: Json) => id)).toEqual([job.id]);
  });

  it('wait for their time, and a unique key leads to the one that waits', async () => {
    const scheduled_at = new Date(Date.now() + 3_600_000).toISOString();
    const request = { type: PRUNE, unique_key: 'only one', scheduled_at };
    const made = await enqueue(request);
    expect([made.status, made.body]).toMatchObject([
      201,
      { state: 'SCHEDULED', scheduled_at, unique_key: 'only one' },
    ]);
    const again = await enqueue(request);
    expect([again.status, again.body]).toMatchObject([200, { id: made.body.id, deduplicated: true }]);
    expect(await call('Enqueue', { type: PRUNE, unique_key: 'only one' })).toMatchObject({
      job: { id: made.body.id, state: 'JOB_STATE_SCHEDULED' },
      deduplicated: true,
    });
  });

  it('are paged by cursor', async () => {
    for (let count = 0; count < 3; count++) await enqueue({ type: PRUNE, tags: ['paged'] });
    const first = await get('/api/jobs/jobs?tag=paged&size=2');
    expect(first.body.data).toHaveLength(2);
    const next = /^<(.*)>; rel="next"$/.exec(first.headers.get('link')!)![1]!;
    const second = await get(next);
    expect([second.body.data.length, second.body.next_cursor, second.headers.get('link')]).toEqual([
      1,
      null,
      null,
    ]);
    const ids = [...first.body.data, ...second.body.data].map(({ id }: Json) => id as string);
    expect(new Set(ids).size).toBe(3);
    const page = await call('ListJobs', { tag: 'paged', size: 2, cursor: first.body.next_cursor });
    expect(page.data.map(({ id }: Json) => id)).toEqual(ids.slice(2));
    expect(problemOf(await get('/api/jobs/jobs?cursor=nonsense'))).toEqual([
      422,
      'VALIDATION_FAILED',
      { cursor: 'INVALID_JOB_CURSOR' },
    ]);
    expect((await failure('ListJobs', { cursor: 'nonsense' })).violations).toEqual({
      cursor: 'INVALID_JOB_CURSOR',
    });
  });

  it('of an unknown type, with a bad payload or not meant for outsiders are refused', async () => {
    const [status, , fields] = problemOf(await enqueue({ type: 'no.such_job' }));
    expect([status, fields]).toEqual([422, { type: 'UNKNOWN_JOB_TYPE' }]);
    expect((await failure('Enqueue', { type: 'no.such_job' })).violations).toEqual({
      type: 'UNKNOWN_JOB_TYPE',
    });
    const broken = await enqueue({ type: PRUNE, payload: { older_than_days: 'x', other: 1 } });
    expect(problemOf(broken)[0]).toBe(422);
    expect(Object.keys(problemOf(broken)[2]).sort()).toEqual(['payload.older_than_days', 'payload.other']);
    const welcome = { type: 'email.welcome', payload: { user_id: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87' } };
    const forbidden = [403, 'FORBIDDEN', { type: 'JOB_TYPE_INTERNAL' }];
    expect(problemOf(await enqueue(welcome))).toEqual(forbidden);
    const error = await failure('Enqueue', { type: 'email.welcome' });
    expect([error.code, error.violations]).toEqual(['PERMISSION_DENIED', { type: 'JOB_TYPE_INTERNAL' }]);
  });
});

describeOverLinks('plugins', (product) => {
  it('are none at first, and shown alike on both protocols once there are some', async () => {
    const { app, rest, grpc, people } = product();
    const { token } = await people.withRole('moderator');
    const get = async (path: string) => (await rest.get(`/api/v1/plugins${path}`, { token })).body;
    expect(await get('')).toEqual({ data: [], page: 0, size: 10, total: 0 });

    const client = new pg.Client({ connectionString: app.database.url });
    await client.connect();
    await client.query(
      `INSERT INTO plugins (id, name, plugin_version, state, publisher, sha256, created_at, updated_at, version)
       SELECT 'plugin-' || n, 'Plugin ' || n, '1.0.' || n, CASE n WHEN 2 THEN 'DISABLED' ELSE 'ENABLED' END,
         'Arcana', repeat('a', 64), now(), now(), 1 FROM generate_series(1, 3) n`,
    );
    await client.end();

    const one = await get('/plugin-2');
    expect(one).toEqual({
      id: 'plugin-2',
      name: 'Plugin 2',
      version: '1.0.2',
      state: 'DISABLED',
      publisher: 'Arcana',
      sha256: 'a'.repeat(64),
      last_error: null,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect(await get('?state=DISABLED')).toEqual({ data: [one], page: 0, size: 10, total: 1 });
    const page = await rest.get('/api/v1/plugins?page=1&size=1', { token });
    expect(page.headers.get('link')).toContain('rel="next"');
    expect(page.body).toMatchObject({ data: [{ id: 'plugin-2' }], total: 3 });

    const path = 'arcana.plugins.v1.PluginService';
    const { response } = await grpc.unary<Json>(`${path}/GetPlugin`, { id: 'plugin-2' }, { token });
    expect(response.plugin).toMatchObject({
      id: 'plugin-2',
      version: '1.0.2',
      state: 'PLUGIN_STATE_DISABLED',
    });
    const listed = await grpc.unary<Json>(
      `${path}/ListPlugins`,
      { state: 'PLUGIN_STATE_ENABLED' },
      { token },
    );
    expect(listed.response).toMatchObject({ data: [{ id: 'plugin-1' }, { id: 'plugin-3' }], total: '2' });
  });

  it('with an id that cannot be one are refused, and unknown ones are not there', async () => {
    const { rest, grpc, people } = product();
    const { token } = await people.withRole('moderator');
    expect(problemOf(await rest.get('/api/v1/plugins/Not_An_Id', { token }))[0]).toBe(422);
    const [status, , fields] = problemOf(await rest.get('/api/v1/plugins/nothing', { token }));
    expect([status, fields]).toEqual([404, { id: 'PLUGIN_NOT_FOUND' }]);
    const error = await grpc
      .unary('arcana.plugins.v1.PluginService/GetPlugin', { id: 'Not_An_Id' }, { token })
      .catch((caught: unknown) => caught as GrpcCallError);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
