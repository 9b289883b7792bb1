import { type GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks, type TestProduct } from '../support/over-links.js';
import type { Person } from '../support/people.js';
import type { Json } from '../support/rest-client.js';

const NOBODY = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const PRUNE = { type: 'queue.prune_records', payload: { older_than_days: 3650 }, unique_key: 'access' };

/** What each kind of caller gets; `self` is the caller's own account instead of somebody else's. */
interface Expected<T> {
  anonymous: T;
  user: T;
  moderator: T;
  admin: T;
  self?: T;
}

const everyone = <T>(answer: T): Expected<T> => ({
  anonymous: answer,
  user: answer,
  moderator: answer,
  admin: answer,
});
const signedIn = (status: number): Expected<number> => ({ ...everyone(status), anonymous: 401 });
const operators = (status: number): Expected<number> => ({ ...signedIn(status), user: 403 });
const admins = (status: number): Expected<number> => ({ ...operators(status), moderator: 403 });

/**
 * Every route, with a request that changes nothing, and who may send it. Where that is allowed the request is refused for
 * another reason: a body without fields is 422, an id that nobody has is 404.
 */
const ROUTES: [route: string, body: unknown, expected: Expected<number>][] = [
  ['POST /api/v1/auth/register', {}, everyone(422)],
  ['POST /api/v1/auth/login', {}, everyone(422)],
  ['POST /api/v1/auth/refresh', {}, everyone(422)],
  ['POST /api/v1/auth/reset-password', {}, everyone(422)],
  ['POST /api/v1/auth/logout', { refresh_token: 5 }, everyone(422)],
  ['GET /api/v1/auth/me', undefined, signedIn(200)],
  ['GET /api/v1/users', undefined, admins(200)],
  ['POST /api/v1/users', {}, admins(422)],
  ['GET /api/v1/users/{id}', undefined, { ...operators(200), self: 200 }],
  ['PUT /api/v1/users/{id}', {}, { ...admins(422), self: 422 }],
  ['PATCH /api/v1/users/{id}', { name: '' }, { ...admins(422), self: 422 }],
  ['DELETE /api/v1/users/{nobody}', undefined, { ...admins(404), self: 403 }],
  ['GET /api/jobs/jobs', undefined, operators(200)],
  ['GET /api/v1/jobs/jobs', undefined, operators(200)],
  ['GET /api/jobs/jobs/{nobody}', undefined, operators(404)],
  ['GET /api/v1/jobs/jobs/{nobody}', undefined, operators(404)],
  ['POST /api/jobs/jobs', { ...PRUNE, priority: 'none' }, signedIn(422)],
  ['POST /api/v1/jobs/jobs', { ...PRUNE, payload: { older_than_days: 0 } }, admins(422)],
  ['GET /api/v1/plugins', undefined, operators(200)],
  ['GET /api/v1/plugins/{nobody}', undefined, operators(404)],
  ['GET /health', undefined, everyone(200)],
  ['GET /health/live', undefined, everyone(200)],
  ['GET /health/ready', undefined, everyone(200)],
  ['GET /health/startup', undefined, everyone(200)],
];

const open = (status: string): Expected<string> => everyone(status);
const own = (status: string): Expected<string> => ({ ...everyone(status), anonymous: 'UNAUTHENTICATED' });
const operator = (status: string): Expected<string> => ({ ...own(status), user: 'PERMISSION_DENIED' });
const admin = (status: string): Expected<string> => ({ ...operator(status), moderator: 'PERMISSION_DENIED' });

/** Every rpc, likewise. */
const RPCS: [path: string, request: Json, expected: Expected<string>][] = [
  ['arcana.auth.v1.AuthService/Register', {}, open('INVALID_ARGUMENT')],
  ['arcana.auth.v1.AuthService/Login', {}, open('INVALID_ARGUMENT')],
  ['arcana.auth.v1.AuthService/RefreshToken', {}, open('INVALID_ARGUMENT')],
  ['arcana.auth.v1.AuthService/ValidateToken', {}, open('OK')],
  ['arcana.auth.v1.AuthService/Logout', { refresh_token: '' }, open('INVALID_ARGUMENT')],
  ['arcana.auth.v1.AuthService/GetCurrentUser', {}, own('OK')],
  ['arcana.user.v1.UserService/GetUser', { id: '{id}' }, { ...operator('OK'), self: 'OK' }],
  ['arcana.user.v1.UserService/GetUserByEmail', { email: 'nobody@example.test' }, operator('NOT_FOUND')],
  ['arcana.user.v1.UserService/ListUsers', {}, admin('OK')],
  ['arcana.user.v1.UserService/CreateUser', {}, admin('INVALID_ARGUMENT')],
  [
    'arcana.user.v1.UserService/UpdateUser',
    { id: '{id}', user: { name: '' } },
    { ...admin('INVALID_ARGUMENT'), self: 'INVALID_ARGUMENT' },
  ],
  ['arcana.user.v1.UserService/DeleteUser', { id: NOBODY }, admin('NOT_FOUND')],
  ['arcana.user.v1.UserService/EmailExists', { email: 'nobody@example.test' }, operator('OK')],
  [
    'arcana.jobs.v1.JobQueueService/Enqueue',
    { ...PRUNE, payload: struct({ older_than_days: 0 }) },
    admin('INVALID_ARGUMENT'),
  ],
  ['arcana.jobs.v1.JobQueueService/GetJob', { id: NOBODY }, operator('NOT_FOUND')],
  ['arcana.jobs.v1.JobQueueService/ListJobs', {}, operator('OK')],
  ['arcana.plugins.v1.PluginService/ListPlugins', {}, operator('OK')],
  ['arcana.plugins.v1.PluginService/GetPlugin', { id: 'nothing' }, operator('NOT_FOUND')],
  ['arcana.health.v1.HealthService/Check', {}, open('OK')],
  ['arcana.health.v1.HealthService/Watch', {}, open('OK')],
];

function struct(object: Record<string, number>): Json {
  return {
    fields: Object.fromEntries(Object.entries(object).map(([name, numberValue]) => [name, { numberValue }])),
  };
}

describeOverLinks('who may call', (product) => {
  let callers: [keyof Expected<unknown>, Person | undefined][];
  let stranger: Person;

  beforeAll(async () => {
    const { people } = product();
    stranger = await people.newcomer();
    callers = [
      ['anonymous', undefined],
      ['user', await people.withRole('user')],
      ['moderator', await people.withRole('moderator')],
      ['admin', await people.withRole('admin')],
      ['self', await people.newcomer()],
    ];
  });

  /** Calls once as each caller. @returns what each got */
  async function asEach<T>(
    expected: Expected<T>,
    call: (product: TestProduct, id: string, token: string | undefined) => Promise<T>,
  ): Promise<Partial<Expected<T>>> {
    const got: Partial<Expected<T>> = {};
    for (const [kind, person] of callers) {
      if (!(kind in expected)) continue;
      got[kind] = await call(product(), kind === 'self' ? person!.id : stranger.id, person?.token);
    }
    return got;
  }

  it.each(ROUTES)('is decided by role: %s', async (route, body, expected) => {
    const [method, template] = route.split(' ') as [string, string];
    const got = await asEach(expected, async ({ rest }, id, token) => {
      const path = template.replace('{id}', id).replace('{nobody}', NOBODY);
      const { status, headers } = await rest.send(method, path, { token, body });
      if (status === 401) expect(headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
      return status;
    });
    expect(got).toEqual(expected);
  });

  it.each(RPCS)('is decided by role: %s', async (path, request, expected) => {
    const got = await asEach(expected, async ({ grpc }, id, token) => {
      const message = JSON.parse(JSON.stringify(request).replace('{id}', id)) as object;
      if (path.endsWith('/Watch')) {
        const stream = grpc.stream(path, message, { ...(token !== undefined && { token }) });
        stream.on('error', () => undefined);
        for await (const _first of stream) break;
        return 'OK';
      }
      return grpc.unary(path, message, { ...(token !== undefined && { token }) }).then(
        () => 'OK',
        (error: unknown) => (error as GrpcCallError).code,
      );
    });
    expect(got).toEqual(expected);
  });

  it('is stated above for every documented route and every rpc', async () => {
    const { rest, grpc } = product();
    const { paths } = (await rest.get('/openapi.json')).body as { paths: Record<string, object> };
    const documented = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(new Set(ROUTES.map(([route]) => route.replace('{nobody}', '{id}')))).toEqual(new Set(documented));
    expect(new Set(RPCS.map(([path]) => path))).toEqual(new Set(grpc.methods()));
  });
});
