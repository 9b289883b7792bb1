import type { ServiceError } from '@grpc/grpc-js';
import { decodeError, type GrpcCallError } from '../support/grpc-client.js';
import { committedDocument, operationsOf } from '../support/openapi-document.js';
import { describeOverLinks, type TestProduct } from '../support/over-links.js';
import type { Person } from '../support/people.js';
import { apiRoutes } from '../support/route-tree.js';
import { AUTH_ROUTES, AUTH_RPCS } from './access/auth.js';
import { NOBODY, type Caller, type Expected } from './access/expected.js';
import { OPERATION_ROUTES, OPERATION_RPCS } from './access/operations.js';
import { USER_ROUTES, USER_RPCS } from './access/users.js';

// A row for every route and every rpc: add yours to the table of its feature in ./access.
const ROUTES = [...AUTH_ROUTES, ...USER_ROUTES, ...OPERATION_ROUTES];
/** All that an administrator can give to a key. */
const ADMIN_SCOPES = [
  'users:read',
  'users:list',
  'users:create',
  'users:update',
  'users:delete',
  'users:restore',
  'users:change_role',
  'users:change_status',
  'users:import',
  'users:export',
  'jobs:read',
  'jobs:enqueue',
  'plugins:read',
  'audit:read',
];
const RPCS = [...AUTH_RPCS, ...USER_RPCS, ...OPERATION_RPCS];

/** Parameters have other names here than in the document. */
const nameless = (route: string): string => route.replaceAll(/\{\w+\}|:\w+/g, '{}');

describeOverLinks('who may call', (product) => {
  let callers: [Caller, Person | { id: string; token: string } | undefined][];
  let stranger: { id: string };

  beforeAll(async () => {
    const { people } = product();
    stranger = await people.newcomer();
    const admin = await people.withRole('admin');
    callers = [
      ['anonymous', undefined],
      ['user', await people.withRole('user')],
      ['moderator', await people.withRole('moderator')],
      ['admin', admin],
      ['super_admin', await people.withRole('super_admin')],
      ['bare_key', await people.keyOf(admin)],
      ['full_key', await people.keyOf(admin, ...ADMIN_SCOPES)],
      ['self', await people.newcomer()],
    ];
  });

  /** The one act that changes something: the callers are signed out, and those with a password sign in again. */
  async function afterwards(target: string): Promise<void> {
    if (!/logout-?all$/i.test(target)) return;
    for (const entry of callers) {
      if (entry[1] && 'password' in entry[1]) entry[1] = await product().people.signIn(entry[1]);
    }
  }

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
      const path = template.replace('{id}', id).replaceAll(/\{\w+\}/g, NOBODY);
      const { status, headers } = await rest.send(method, path, { token, body });
      if (status === 401) expect(headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
      return status;
    });
    await afterwards(route);
    expect(got).toEqual(expected);
  });

  it.each(RPCS)('is decided by role: %s', async (path, request, expected) => {
    const got = await asEach(expected, ({ grpc }, id, token) => {
      const message = JSON.parse(JSON.stringify(request).replace('{id}', id)) as object;
      return statusOf(grpc, path, message, token);
    });
    await afterwards(path);
    expect(got).toEqual(expected);
  });

  it('is stated for every route that is served or documented, and for every rpc', () => {
    const { app, grpc } = product();
    const stated = new Set(ROUTES.map(([route]) => nameless(route)));
    const documented = operationsOf(committedDocument() as never);
    expect(stated).toEqual(new Set(documented.map(({ method, path }) => nameless(`${method} ${path}`))));
    expect(stated).toEqual(new Set(apiRoutes(app.nest.getHttpAdapter().getInstance()).map(nameless)));
    expect(new Set(RPCS.map(([path]) => path))).toEqual(new Set(grpc.methods()));
  });
});

/** The status of a call of any kind; a server that streams is left after its first message. */
async function statusOf(
  grpc: TestProduct['grpc'],
  path: string,
  message: object,
  token: string | undefined,
): Promise<string> {
  const call = token === undefined ? {} : { token };
  const { requests, responses } = grpc.streams(path);
  try {
    if (responses) {
      const stream = grpc.stream(path, message, call);
      // Leaving it is an error, too, by then of no interest.
      stream.on('error', () => undefined);
      for await (const _first of stream) break;
    } else if (requests) await grpc.upload(path, [message], call);
    else await grpc.unary(path, message, call);
    return 'OK';
  } catch (error) {
    return responses ? decodeError(error as ServiceError).code : (error as GrpcCallError).code;
  }
}
