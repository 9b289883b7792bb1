import { operationsOf } from '../support/openapi-document.js';
import { startProduct } from '../support/over-links.js';
import { GrpcCallError } from '../support/grpc-client.js';
import { GrpcReflection } from '../support/grpc-reflection.js';
import { apiRoutes } from '../support/route-tree.js';

/** What may be called without credentials: written by hand, so that nothing becomes public by accident. */
const PUBLIC_ROUTES = new Set([
  'POST /api/v1/auth/register',
  'POST /api/v1/auth/login',
  'POST /api/v1/auth/refresh',
  'POST /api/v1/auth/forgot-password',
  'POST /api/v1/auth/reset-password',
  'POST /api/v1/auth/verify-email',
  'GET /.well-known/jwks.json',
  'GET /health',
  'GET /health/live',
  'GET /health/ready',
  'GET /health/startup',
]);
const PUBLIC_RPCS = new Set([
  'arcana.auth.v1.AuthService/Register',
  'arcana.auth.v1.AuthService/Login',
  'arcana.auth.v1.AuthService/RefreshToken',
  'arcana.auth.v1.AuthService/ValidateToken',
  'arcana.health.v1.HealthService/Check',
  'arcana.health.v1.HealthService/Watch',
  'grpc.health.v1.Health/Check',
  'grpc.health.v1.Health/Watch',
  'grpc.health.v1.Health/List',
]);

describe('without credentials', () => {
  let product: Awaited<ReturnType<typeof startProduct>>;
  let reflection: GrpcReflection;

  beforeAll(async () => {
    product = await startProduct();
    reflection = new GrpcReflection(product.app.grpcTarget);
  });
  afterAll(async () => {
    reflection.close();
    await product.stop();
  });

  it('every documented route answers 401, but for those that are public', async () => {
    const { rest } = product;
    const document = (await rest.get('/openapi.json')).body as never;
    const open = new Set<string>();
    for (const { method, path, operation } of operationsOf(document)) {
      const target = path.replace(/\{\w+\}/g, '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87');
      const { status, headers, body } = await rest.send(
        method,
        target,
        operation.requestBody ? { body: {} } : {},
      );
      if (status !== 401) {
        open.add(`${method} ${path}`);
        continue;
      }
      expect(headers.get('www-authenticate')).toBe('Bearer realm="arcana"');
      expect(body).toMatchObject({ code: 'UNAUTHORIZED' });
    }
    expect(open).toEqual(PUBLIC_ROUTES);
  });

  it('every method of every service that the server tells of is UNAUTHENTICATED, but for those that are public', async () => {
    const methods = await reflection.methods();
    expect(methods.filter((method) => method.startsWith('arcana.')).sort()).toEqual(
      product.grpc.methods().sort(),
    );
    const open = new Set<string>();
    for (const method of methods) {
      // An empty message, or none at all for a client that streams: every service must refuse before it reads one.
      const error = await product.grpc
        .raw(method, Buffer.alloc(0), { deadlineMs: 2_000 })
        .catch((caught: unknown) => caught);
      if (error instanceof GrpcCallError && error.code === 'UNAUTHENTICATED') continue;
      open.add(method);
    }
    expect(open).toEqual(PUBLIC_RPCS);
  });

  it('no route answers that is neither documented nor named here', async () => {
    const { rest, app } = product;
    const document = (await rest.get('/openapi.json')).body as never;
    const documented = operationsOf(document).map(
      ({ method, path }) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    );
    const served = apiRoutes(app.nest.getHttpAdapter().getInstance());
    const unknown = served.filter((route) => !documented.includes(route));
    expect(unknown).toEqual([]);
    expect(documented.filter((route) => !served.includes(route))).toEqual([]);
  });
});
