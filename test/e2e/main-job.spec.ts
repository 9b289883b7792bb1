import { eventually } from '../support/eventually.js';
import { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import type { Json } from '../support/rest-client.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const PASSWORD = 'Tr0mbone-Quartet';

describeOverLinks('the main job', (product) => {
  it('runs from registration to logout over REST', async () => {
    const { rest, people, mails } = product();
    const email = 'Grace.Hopper@example.test';

    const registered = await rest.post(
      '/api/v1/auth/register',
      { name: 'Grace Hopper', email, password: PASSWORD },
      { headers: { 'x-request-id': 'main-job.rest' } },
    );
    const account = {
      id: expect.stringMatching(UUID_V7),
      name: 'Grace Hopper',
      email,
      role: 'user',
      status: 'pending_verification',
      email_verified: false,
      avatar_url: null,
      metadata: {},
      sync_status: 'SYNCED',
      last_login_at: null,
      created_at: expect.stringMatching(TIME),
      updated_at: expect.stringMatching(TIME),
      version: 1,
    };
    expect([registered.status, registered.body]).toEqual([201, account]);
    const { id } = registered.body;
    expect(registered.headers.get('location')).toBe(`/api/v1/users/${id}`);

    const signedIn = await rest.post('/api/v1/auth/login', {
      email: email.toLowerCase(),
      password: PASSWORD,
    });
    const pair = {
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      refresh_token: expect.stringMatching(/^[\w-]{43}$/),
      token_type: 'Bearer',
      expires_in: 900,
    };
    expect([signedIn.status, signedIn.body]).toEqual([200, pair]);

    const me = await rest.get('/api/v1/auth/me', { token: signedIn.body.access_token });
    expect([me.status, me.body]).toEqual([
      200,
      { ...account, id, last_login_at: expect.stringMatching(TIME) },
    ]);

    const refreshed = await rest.post('/api/v1/auth/refresh', { refresh_token: signedIn.body.refresh_token });
    expect([refreshed.status, refreshed.body]).toEqual([200, pair]);
    expect(refreshed.body.refresh_token).not.toBe(signedIn.body.refresh_token);
    const { access_token: token } = refreshed.body;

    const admin = await people.withRole('admin');
    const listed = await rest.get('/api/v1/users?search=grace.hopper@', { token: admin.token });
    expect([listed.status, listed.body]).toEqual([200, { data: [me.body], page: 0, size: 10, total: 1 }]);

    const found = await rest.get('/api/v1/jobs/jobs?type=email.welcome&correlation_id=main-job.rest', {
      token: admin.token,
    });
    expect(found.body.data).toHaveLength(1);
    const job = await eventually('the welcome job is COMPLETED', async () => {
      const { body } = await rest.get(`/api/v1/jobs/jobs/${found.body.data[0].id}`, { token: admin.token });
      return body.state === 'COMPLETED' ? body : undefined;
    });
    expect(job).toEqual({
      id: expect.stringMatching(UUID_V7),
      queue: 'emails',
      type: 'email.welcome',
      state: 'COMPLETED',
      priority: 'normal',
      payload: { user_id: id },
      tags: [],
      correlation_id: 'main-job.rest',
      unique_key: null,
      attempts_made: 1,
      max_attempts: expect.any(Number),
      progress: 100,
      result: { message_id: `<${job.id}@arcana-cloud>` },
      error: null,
      worker: expect.any(String),
      created_at: expect.stringMatching(TIME),
      scheduled_at: null,
      started_at: expect.stringMatching(TIME),
      finished_at: expect.stringMatching(TIME),
      logs: [],
    });
    expect(await mails.to(email)).toContain('Hello Grace Hopper,');

    const left = await rest.post('/api/v1/auth/logout', undefined, { token });
    expect([left.status, left.text]).toEqual([204, '']);
    const after = await rest.get('/api/v1/auth/me', { token });
    expect([after.status, after.body.code]).toEqual([401, 'UNAUTHORIZED']);
    expect((await rest.get('/api/v1/auth/me', { token: signedIn.body.access_token })).status).toBe(401);
    expect(
      (await rest.post('/api/v1/auth/refresh', { refresh_token: refreshed.body.refresh_token })).status,
    ).toBe(401);
  });

  it('runs from registration to logout over gRPC', async () => {
    const { grpc, people, mails } = product();
    const email = 'Alan.Turing@example.test';
    const call = async (path: string, request: object, options = {}): Promise<Json> =>
      (await grpc.unary(path, request, options)).response;

    const { user } = await call(
      'arcana.auth.v1.AuthService/Register',
      { name: 'Alan Turing', email, password: PASSWORD },
      { metadata: { 'x-request-id': 'main-job.grpc' } },
    );
    expect(user).toMatchObject({
      id: expect.stringMatching(UUID_V7),
      name: 'Alan Turing',
      email,
      role: 'USER_ROLE_USER',
      status: 'USER_STATUS_PENDING_VERIFICATION',
      email_verified: false,
      last_login_at: null,
      version: 1,
    });

    const pair = await call('arcana.auth.v1.AuthService/Login', {
      email: email.toUpperCase(),
      password: PASSWORD,
    });
    expect(pair).toMatchObject({ token_type: 'Bearer', expires_in: { seconds: '900', nanos: 0 } });

    const me = await call('arcana.auth.v1.AuthService/GetCurrentUser', {}, { token: pair.access_token });
    expect(me.user).toEqual({
      ...user,
      last_login_at: { seconds: expect.any(String), nanos: expect.any(Number) },
    });

    const next = await call('arcana.auth.v1.AuthService/RefreshToken', { refresh_token: pair.refresh_token });
    expect(next.refresh_token).not.toBe(pair.refresh_token);
    const { access_token: token } = next;

    const admin = await people.withRole('admin');
    const listed = await call(
      'arcana.user.v1.UserService/ListUsers',
      { search: 'alan.turing@' },
      { token: admin.token },
    );
    expect(listed).toEqual({ data: [me.user], page: 0, size: 10, total: '1' });

    const found = await call(
      'arcana.jobs.v1.JobQueueService/ListJobs',
      { type: 'email.welcome', correlation_id: 'main-job.grpc' },
      { token: admin.token },
    );
    expect(found.data).toHaveLength(1);
    const job = await eventually('the welcome job is COMPLETED', async () => {
      const path = 'arcana.jobs.v1.JobQueueService/GetJob';
      const answer = await call(path, { id: found.data[0].id }, { token: admin.token });
      return answer.job.state === 'JOB_STATE_COMPLETED' ? answer.job : undefined;
    });
    expect(job).toMatchObject({
      queue: 'emails',
      type: 'email.welcome',
      priority: 'PRIORITY_NORMAL',
      payload: { fields: { user_id: { stringValue: user.id } } },
      attempts_made: 1,
      result: { fields: { message_id: { stringValue: `<${job.id}@arcana-cloud>` } } },
    });
    expect(await mails.to(email)).toContain('Hello Alan Turing,');

    await call('arcana.auth.v1.AuthService/Logout', {}, { token });
    const after = await grpc
      .unary('arcana.auth.v1.AuthService/GetCurrentUser', {}, { token })
      .catch((error: unknown) => error);
    expect(after).toBeInstanceOf(GrpcCallError);
    expect(after).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'UNAUTHORIZED' });
    const judged = await call('arcana.auth.v1.AuthService/ValidateToken', { access_token: token });
    expect(judged).toMatchObject({ valid: false, roles: [] });
  });
});
