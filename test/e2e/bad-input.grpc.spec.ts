import type { GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import type { Json } from '../support/rest-client.js';

const AUTH = 'arcana.auth.v1.AuthService';
const USERS = 'arcana.user.v1.UserService';
const JOBS = 'arcana.jobs.v1.JobQueueService';
const PASSWORD = 'Tr0mbone-Quartet';
const INTERNALS =
  /select |insert |\bat .*\.(js|ts):|typeorm|postgres|queryfailed|protobuf|grpc-js|node_modules|\/src\//i;

describeOverLinks('bad input over gRPC', (product) => {
  let token: string;
  let ownId: string;
  let accounts: string;

  const refusal = (path: string, request: object, options: object = { token }): Promise<GrpcCallError> =>
    product()
      .grpc.unary(path, request, options)
      .then(
        () => Promise.reject(new Error(`${path} was accepted`)),
        (error: unknown) => error as GrpcCallError,
      );
  const raw = (path: string, bytes: Buffer, options: object = {}): Promise<GrpcCallError> =>
    product()
      .grpc.raw(path, bytes, options)
      .then(
        () => Promise.reject(new Error(`${path} was accepted`)),
        (error: unknown) => error as GrpcCallError,
      );

  /** What must hold of any refusal: details that name the code and the request, and nothing from inside. */
  function expectExplained(error: GrpcCallError, code: string, reason: string): void {
    expect([error.code, error.reason]).toEqual([code, reason]);
    expect(error.details.ErrorInfo).toMatchObject({ domain: 'arcana.cloud' });
    expect(error.details.RequestInfo?.request_id).toBe(error.trailers.get('x-request-id')[0]);
    expect(JSON.stringify([error.sentence, error.details])).not.toMatch(INTERNALS);
  }

  const count = async (): Promise<string> =>
    (await product().grpc.unary<Json>(`${USERS}/ListUsers`, { size: 1 }, { token })).response.total as string;

  beforeAll(async () => {
    ({ token } = await product().people.withRole('admin'));
    ownId = (await product().people.newcomer()).id;
    accounts = await count();
  });

  // Nothing lost: the product answers as before, and neither made nor lost an account.
  afterEach(async () => {
    const { response } = await product().grpc.unary<Json>('arcana.health.v1.HealthService/Check');
    expect([response.status, await count()]).toEqual(['HEALTH_STATUS_HEALTHY', accounts]);
  });

  it('without metadata is UNAUTHENTICATED', async () => {
    for (const path of [
      `${AUTH}/GetCurrentUser`,
      `${USERS}/ListUsers`,
      `${JOBS}/ListJobs`,
      `${AUTH}/Logout`,
    ]) {
      expectExplained(await refusal(path, {}, {}), 'UNAUTHENTICATED', 'UNAUTHORIZED');
    }
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a b', 'bearer', 'Token abc'])(
    'with the authorization %j is UNAUTHENTICATED',
    async (authorization) => {
      const error = await refusal(`${USERS}/ListUsers`, {}, { metadata: { authorization } });
      expectExplained(error, 'UNAUTHENTICATED', 'UNAUTHORIZED');
    },
  );

  it('names every broken field', async () => {
    const error = await refusal(`${AUTH}/Register`, {
      name: 'a\u0000',
      email: 'x',
      password: 'y'.repeat(1025),
    });
    expectExplained(error, 'INVALID_ARGUMENT', 'VALIDATION_FAILED');
    expect(Object.keys(error.violations).sort()).toEqual(['email', 'name', 'password']);
    expect(Object.keys((await refusal(`${USERS}/CreateUser`, {})).violations).sort()).toEqual([
      'email',
      'name',
    ]);
  });

  it.each([
    [`${USERS}/CreateUser`, { name: 'A', email: 'a@example.test', role: 99 }, 'role'],
    [`${USERS}/ListUsers`, { status: 99 }, 'status'],
    [`${USERS}/ListUsers`, { order: -1 }, 'order'],
    [`${JOBS}/ListJobs`, { state: 42 }, 'state'],
    [`${JOBS}/Enqueue`, { type: 'queue.prune_records', priority: 9 }, 'priority'],
    ['arcana.plugins.v1.PluginService/ListPlugins', { state: 77 }, 'state'],
  ])('with an enum value nobody has declared is refused: %s %j', async (path, request, field) => {
    const error = await refusal(path, request);
    expectExplained(error, 'INVALID_ARGUMENT', 'VALIDATION_FAILED');
    expect(Object.keys(error.violations)).toEqual([field]);
  });

  it.each([
    [`${USERS}/GetUser`, { id: 'x' }, 'id'],
    [`${USERS}/GetUser`, {}, 'id'],
    [`${USERS}/DeleteUser`, { id: "'; DROP TABLE users; --" }, 'id'],
    [`${USERS}/UpdateUser`, { id: '1', user: { name: 'A' } }, 'id'],
    [`${JOBS}/GetJob`, { id: '01980c5e' }, 'id'],
    [`${USERS}/ListUsers`, { page: -1 }, 'page'],
    [`${USERS}/ListUsers`, { page: 2_147_483_647 }, 'page'],
    [`${USERS}/ListUsers`, { size: 0 }, 'size'],
    [`${USERS}/ListUsers`, { size: 101 }, 'size'],
    [`${USERS}/ListUsers`, { sort: 'password_hash' }, 'sort'],
    [`${USERS}/ListUsers`, { search: 'a\u0000b' }, 'search'],
    [`${USERS}/ListUsers`, { created_after: { seconds: '999999999999' } }, 'created_after'],
    [`${JOBS}/ListJobs`, { type: 'a\u0000b' }, 'type'],
    [`${USERS}/EmailExists`, { email: 'nobody' }, 'email'],
  ])('is refused: %s %j', async (path, request, field) => {
    const error = await refusal(path, request);
    expectExplained(error, 'INVALID_ARGUMENT', 'VALIDATION_FAILED');
    expect(Object.keys(error.violations)).toEqual(expect.arrayContaining([field]));
  });

  it('with a field mask that names what cannot be changed is refused', async () => {
    for (const path of ['role', 'password_hash', 'id', '__proto__']) {
      const error = await refusal(`${USERS}/UpdateUser`, {
        id: ownId,
        user: { name: 'A' },
        update_mask: { paths: [path] },
      });
      expectExplained(error, 'INVALID_ARGUMENT', 'VALIDATION_FAILED');
      expect(error.violations).toEqual({ update_mask: 'UNKNOWN_FIELD' });
    }
  });

  it('with a reserved name in free data is refused', async () => {
    const metadata = { fields: { constructor: { numberValue: 1 } } };
    const error = await refusal(`${USERS}/UpdateUser`, { id: ownId, user: { metadata } });
    expect(error.violations).toEqual({ 'user.metadata.constructor': 'RESERVED_NAME' });
  });

  it.each(["'; DROP TABLE users; --", "' OR '1'='1", '%', '_', '\\', '😀'])(
    'looks for %j as text',
    async (search) => {
      const { response } = await product().grpc.unary<Json>(`${USERS}/ListUsers`, { search }, { token });
      expect(response).toMatchObject({ data: [], total: '0' });
    },
  );

  it('of bytes that are no message is MALFORMED_REQUEST', async () => {
    for (const bytes of [
      Buffer.from([0xff, 0xff, 0xff]),
      Buffer.from('{"name":"A"}'),
      Buffer.alloc(64, 0x0a),
    ]) {
      expectExplained(await raw(`${AUTH}/Register`, bytes), 'INVALID_ARGUMENT', 'MALFORMED_REQUEST');
    }
  });

  it('ignores fields of a newer .proto file, as protobuf has it', async () => {
    const field15 = Buffer.from([0x7a, 0x01, 0x78]);
    expectExplained(await raw(`${AUTH}/GetCurrentUser`, field15), 'UNAUTHENTICATED', 'UNAUTHORIZED');
    await expect(product().grpc.raw(`${AUTH}/GetCurrentUser`, field15, { token })).resolves.toBeDefined();
  });

  it('of a message over the limit is RESOURCE_EXHAUSTED, and the connection goes on', async () => {
    const password = 'x'.repeat(4_194_304);
    const error = await refusal(`${AUTH}/Login`, { email: 'a@example.test', password });
    expectExplained(error, 'RESOURCE_EXHAUSTED', 'PAYLOAD_TOO_LARGE');
    const below = await refusal(`${AUTH}/Login`, { email: 'a@example.test', password: password.slice(64) });
    expectExplained(below, 'INVALID_ARGUMENT', 'VALIDATION_FAILED');
  });

  it('of metadata over the limit is RESOURCE_EXHAUSTED', async () => {
    const error = await refusal(
      `${AUTH}/GetCurrentUser`,
      {},
      { metadata: { 'x-large': 'y'.repeat(17_000) } },
    );
    expectExplained(error, 'RESOURCE_EXHAUSTED', 'PAYLOAD_TOO_LARGE');
  });

  it('with a deadline of 1 ms ends in time and harms nobody', async () => {
    const { people } = product();
    const person = await people.newcomer();
    accounts = await count();
    const attempts = Array.from({ length: 20 }, () =>
      refusal(`${AUTH}/Login`, { email: person.email, password: person.password }, { deadlineMs: 1 }),
    );
    for (const error of await Promise.all(attempts)) expect(error.code).toBe('DEADLINE_EXCEEDED');
    expect(await people.signIn(person)).toMatchObject({ token: expect.any(String) });
  });

  it('to a method or service nobody has is UNIMPLEMENTED', async () => {
    for (const path of [`${AUTH}/DropAllTables`, 'arcana.nothing.v1.NothingService/Do', 'x/y']) {
      expect((await raw(path, Buffer.alloc(0))).code).toBe('UNIMPLEMENTED');
    }
  });

  it('is refused the address of another, in any case and in a race', async () => {
    const { grpc, people } = product();
    const { email } = await people.newcomer();
    const taken = await refusal(`${AUTH}/Register`, {
      name: 'Twin',
      email: email.toUpperCase(),
      password: PASSWORD,
    });
    expectExplained(taken, 'ALREADY_EXISTS', 'CONFLICT');
    expect(taken.violations).toEqual({ email: 'EMAIL_TAKEN' });

    const contested = people.newEmail();
    const outcomes = await Promise.allSettled(
      [contested, contested.toUpperCase()].map((address) =>
        grpc.unary(`${AUTH}/Register`, { name: 'Twin', email: address, password: PASSWORD }),
      ),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect((refused[0]!.reason as GrpcCallError).violations).toEqual({ email: 'EMAIL_TAKEN' });
    accounts = await count();
  });
});
