import type { ServiceError } from '@grpc/grpc-js';
import { decodeError, type GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import type { Json, RestAnswer } from '../support/rest-client.js';
import { NOBODY } from './access/expected.js';

const AUTH = 'arcana.auth.v1.AuthService';
const USERS = 'arcana.user.v1.UserService';
const JOBS = 'arcana.jobs.v1.JobQueueService';
const PLUGINS = 'arcana.plugins.v1.PluginService';

interface Rpc {
  /** Who is refused: nobody, whoever is not signed in, or a user without a permission as well. */
  access: 'public' | 'person' | 'permission';
  /** The route that does the same. */
  route?: string;
  /** A message with broken fields; left out where the message has none that could be. */
  bad?: object;
  /** The same in the route's body, or its path with parameters. Left out: as `bad`. */
  badBody?: object;
  badPath?: string;
  /** What fields are called there that are nested, or called otherwise, here: `user.name` is `name`. */
  nested?: string;
}

/** Every rpc, with the route whose refusals it shares word for word. Written by hand. */
const RPCS: Record<string, Rpc> = {
  [`${AUTH}/Register`]: {
    access: 'public',
    route: 'POST /api/v1/auth/register',
    bad: { name: 'a\r\nb', email: 'x', password: '' },
  },
  [`${AUTH}/Login`]: {
    access: 'public',
    route: 'POST /api/v1/auth/login',
    bad: { email: 'x', password: '' },
  },
  [`${AUTH}/RefreshToken`]: {
    access: 'public',
    route: 'POST /api/v1/auth/refresh',
    bad: { refresh_token: '' },
  },
  [`${AUTH}/ValidateToken`]: { access: 'public' },
  [`${AUTH}/Logout`]: { access: 'public', route: 'POST /api/v1/auth/logout', bad: { refresh_token: '' } },
  [`${AUTH}/LogoutAll`]: { access: 'person', route: 'POST /api/v1/auth/logout-all' },
  [`${AUTH}/ChangePassword`]: {
    access: 'person',
    route: 'POST /api/v1/auth/change-password',
    bad: { current_password: '', new_password: 'x'.repeat(1025) },
  },
  [`${AUTH}/GetCurrentUser`]: { access: 'person', route: 'GET /api/v1/auth/me' },
  [`${USERS}/GetUser`]: {
    access: 'permission',
    route: 'GET /api/v1/users/{id}',
    bad: { id: 'x' },
    badPath: '/api/v1/users/x',
  },
  [`${USERS}/GetUserByEmail`]: { access: 'permission', bad: { email: 'x' } },
  [`${USERS}/ListUsers`]: {
    access: 'permission',
    route: 'GET /api/v1/users',
    bad: { size: 101, sort: 'password_hash' },
    badPath: '/api/v1/users?size=101&sort=password_hash',
  },
  [`${USERS}/CreateUser`]: {
    access: 'permission',
    route: 'POST /api/v1/users',
    bad: { name: 'a\u0000', email: 'x' },
  },
  [`${USERS}/UpdateUser`]: {
    access: 'permission',
    route: 'PATCH /api/v1/users/{id}',
    bad: { id: NOBODY, user: { name: '', email: 'x' } },
    badBody: { name: '', email: 'x' },
    nested: 'user.',
  },
  [`${USERS}/DeleteUser`]: {
    access: 'permission',
    route: 'DELETE /api/v1/users/{id}',
    bad: { id: 'x' },
    badPath: '/api/v1/users/x',
  },
  [`${USERS}/UpdateUserRole`]: {
    access: 'permission',
    route: 'PATCH /api/v1/users/{id}/role',
    bad: { id: NOBODY },
    badBody: {},
  },
  [`${USERS}/UpdateUserStatus`]: {
    access: 'permission',
    route: 'PATCH /api/v1/users/{id}/status',
    bad: { id: NOBODY, status: 'USER_STATUS_ACTIVE', reason: 'x'.repeat(201) },
    badBody: { status: 'active', reason: 'x'.repeat(201) },
  },
  [`${USERS}/EmailExists`]: { access: 'permission', bad: { email: 'x' } },
  [`${JOBS}/Enqueue`]: {
    access: 'person',
    route: 'POST /api/jobs/jobs',
    bad: { type: '', correlation_id: 'a b' },
  },
  [`${JOBS}/GetJob`]: {
    access: 'permission',
    route: 'GET /api/jobs/jobs/{id}',
    bad: { id: 'x' },
    badPath: '/api/jobs/jobs/x',
  },
  [`${JOBS}/ListJobs`]: {
    access: 'permission',
    route: 'GET /api/jobs/jobs',
    bad: { size: 0, cursor: '' },
    badPath: '/api/jobs/jobs?size=0&cursor=',
  },
  [`${PLUGINS}/ListPlugins`]: {
    access: 'permission',
    route: 'GET /api/v1/plugins',
    bad: { size: 101 },
    badPath: '/api/v1/plugins?size=101',
  },
  [`${PLUGINS}/GetPlugin`]: {
    access: 'permission',
    route: 'GET /api/v1/plugins/{id}',
    bad: { id: 'NOT ONE' },
    badPath: '/api/v1/plugins/NOT%20ONE',
  },
  'arcana.audit.v1.AuditService/ListAuditLogs': {
    access: 'permission',
    route: 'GET /api/v1/audit-logs',
    bad: { size: 101, actor_id: 'x' },
    badPath: '/api/v1/audit-logs?size=101&actor_id=x',
  },
  'arcana.health.v1.HealthService/Check': { access: 'public', route: 'GET /health' },
  'arcana.health.v1.HealthService/Watch': { access: 'public' },
};

/** What a refusal says, by whichever protocol. */
interface Refusal {
  code: string;
  message: string;
  fields: Record<string, string>;
}

const restRefusal = ({ body }: RestAnswer): Refusal => ({
  code: body.code,
  message: body.message,
  fields: Object.fromEntries((body.errors ?? []).map(({ field, code }: Json) => [field, code])),
});

/** The details have to be whole: all of google.rpc that the product promises, and nothing of its own inside. */
function grpcRefusal(error: GrpcCallError, nested = ''): Refusal {
  expect(error.details.status?.message).toBe(error.sentence);
  expect(error.details.ErrorInfo?.domain).toBe('arcana.cloud');
  expect(error.details.RequestInfo?.request_id).toBe(error.trailers.get('x-request-id')[0]);
  for (const { description } of error.details.BadRequest?.field_violations ?? [])
    expect(description).not.toBe('');
  const fields = Object.entries(error.violations).map(([field, reason]) => [
    field.startsWith(nested) ? field.slice(nested.length) : field,
    reason,
  ]);
  return {
    code: String(error.reason),
    message: error.sentence,
    fields: Object.fromEntries(fields) as Record<string, string>,
  };
}

describeOverLinks('gRPC refuses as REST does', (product) => {
  let user: string;
  let root: string;

  beforeAll(async () => {
    user = (await product().people.newcomer()).token;
    root = (await product().people.withRole('super_admin')).token;
  });

  /** Why a call of any kind is refused. */
  async function refused(path: string, message: object, token?: string): Promise<GrpcCallError> {
    const { grpc } = product();
    const call = token === undefined ? {} : { token };
    const { requests, responses } = grpc.streams(path);
    try {
      if (responses) {
        const stream = grpc.stream(path, message, call);
        stream.on('error', () => undefined);
        for await (const _first of stream) break;
      } else if (requests) await grpc.upload(path, [message], call);
      else await grpc.unary(path, message, call);
    } catch (error) {
      return responses ? decodeError(error as ServiceError) : (error as GrpcCallError);
    }
    throw new Error(`${path} was accepted`);
  }

  const sibling = (
    route: string,
    { path, body }: { path?: string | undefined; body?: object },
    token?: string,
  ) => {
    const [method, template] = route.split(' ') as [string, string];
    const sends = method !== 'GET' && method !== 'DELETE' && body !== undefined;
    return product().rest.send(method, path ?? template.replace('{id}', NOBODY), {
      token,
      ...(sends && { body }),
    });
  };

  const rows = Object.entries(RPCS);

  it('at every rpc that there is', () => {
    expect(Object.keys(RPCS).sort()).toEqual(product().grpc.methods().sort());
  });

  it.each(rows.filter(([, { access }]) => access !== 'public'))(
    'whoever is not signed in: %s',
    async (path, { route }) => {
      const error = await refused(path, {});
      expect(error.code).toBe('UNAUTHENTICATED');
      const refusal = grpcRefusal(error);
      expect(refusal).toMatchObject({ code: 'UNAUTHORIZED', fields: {} });
      if (route) expect(refusal).toEqual(restRefusal(await sibling(route, {})));
      expect((await refused(path, {}, 'not.a.token')).code).toBe('UNAUTHENTICATED');
    },
  );

  it.each(rows.filter(([, { access }]) => access === 'permission'))(
    'whose role does not carry the permission: %s',
    async (path, { route }) => {
      const error = await refused(path, { id: NOBODY }, user);
      expect(error.code).toBe('PERMISSION_DENIED');
      const refusal = grpcRefusal(error);
      expect(refusal).toMatchObject({ code: 'FORBIDDEN', fields: {} });
      if (route) expect(refusal).toEqual(restRefusal(await sibling(route, {}, user)));
    },
  );

  it.each(rows.filter(([, { bad }]) => bad !== undefined))(
    'a message with broken fields, each named with its reason: %s',
    async (path, { access, route, bad, badBody, badPath, nested }) => {
      const token = access === 'public' ? undefined : root;
      const error = await refused(path, bad!, token);
      expect(error.code).toBe('INVALID_ARGUMENT');
      const refusal = grpcRefusal(error, nested);
      expect(refusal.code).toBe('VALIDATION_FAILED');
      expect(refusal.fields).not.toEqual({});
      if (!route) return;
      const answer = await sibling(route, { path: badPath, body: badBody ?? bad! }, token);
      expect(refusal).toEqual(restRefusal(answer));
    },
  );

  it.each(rows)('bytes that are no message: %s', async (path) => {
    const error = await product()
      .grpc.raw(path, Buffer.from('ffffffffffffffffffff', 'hex'), { token: root })
      .then(
        () => Promise.reject(new Error(`${path} was accepted`)),
        (caught: unknown) => caught as GrpcCallError,
      );
    expect([error.code, grpcRefusal(error).code]).toEqual(['INVALID_ARGUMENT', 'MALFORMED_REQUEST']);
  });
});
