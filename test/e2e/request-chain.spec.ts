import { request as rawRequest } from 'node:http';
import { gunzipSync } from 'node:zlib';
import pg from 'pg';
import { type GrpcCallError } from '../support/grpc-client.js';
import { describeOverLinks } from '../support/over-links.js';
import { problemOf } from '../support/rest-client.js';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const ORIGIN = 'https://console.example.test';
/** Requests that callers with a credential may send at once; none comes in again while the test runs. */
const BURST = 60;

/** One request that breaks everything at once, and what each link of the chain has to say about it. */
const BROKEN = { name: '', email: 'nobody', unknown: true };
const CREATE = 'arcana.user.v1.UserService/CreateUser';

describeOverLinks(
  'the order of the chain',
  (product) => {
    let tokens: { user: string; admin: string };

    beforeAll(async () => {
      const { people } = product();
      tokens = { user: (await people.withRole('user')).token, admin: (await people.withRole('admin')).token };
    });

    const post = (token: string, headers: Record<string, string> = {}) =>
      product().rest.post('/api/v1/users', BROKEN, { token, headers });
    const call = (token: string): Promise<GrpcCallError> =>
      product()
        .grpc.unary(CREATE, { name: '', email: 'nobody' }, { token })
        .then(
          () => Promise.reject(new Error('accepted')),
          (error: unknown) => error as GrpcCallError,
        );

    // One test, because the limit is spent by it: whatever runs after would be refused.
    it('is rate limit, authentication, authorisation, validation, handler, on both protocols', async () => {
      const seen = [];
      for (const token of ['forged', tokens.user, tokens.admin]) {
        const { reason } = await call(token);
        seen.push([problemOf(await post(token)).slice(0, 2), reason]);
      }
      expect(seen).toEqual([
        [[401, 'UNAUTHORIZED'], 'UNAUTHORIZED'],
        [[403, 'FORBIDDEN'], 'FORBIDDEN'],
        [[422, 'VALIDATION_FAILED'], 'VALIDATION_FAILED'],
      ]);
      // The handler comes last: what is valid is refused by the rules alone.
      const taken = { name: 'Root', email: 'root@example.test' };
      const refused = await product().rest.post('/api/v1/users', taken, { token: tokens.admin });
      expect(problemOf(refused)).toEqual([409, 'CONFLICT', { email: 'EMAIL_TAKEN' }]);

      let answer = await post('forged');
      for (let sent = 0; answer.status === 401 && sent < BURST; sent++) answer = await post('forged');
      for (const token of ['forged', tokens.user, tokens.admin]) {
        const limited = await post(token, {
          origin: ORIGIN,
          'x-request-id': 'limited-1',
          traceparent: TRACE,
        });
        expect(problemOf(limited)).toEqual([429, 'TOO_MANY_REQUESTS', {}]);
        // What comes before the limit has already had its say: request id, trace, CORS.
        expect(limited.headers.get('x-request-id')).toBe('limited-1');
        expect(TRACE).toContain(limited.body.trace_id);
        expect(limited.headers.get('access-control-allow-origin')).toBe(ORIGIN);
        expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(limited.headers.get('ratelimit')).toMatch(/^"authenticated";r=0;t=\d+$/);
        expect(limited.headers.get('ratelimit-policy')).toBe('"authenticated";q=1;w=60');
        const error = await call(token);
        expect([error.code, error.reason]).toEqual(['RESOURCE_EXHAUSTED', 'TOO_MANY_REQUESTS']);
        expect(Number(error.details.RetryInfo!.retry_delay.seconds)).toBeGreaterThan(0);
      }
      // Probes are not counted.
      expect((await product().rest.get('/health/live', { token: 'forged' })).status).toBe(200);
    });
  },
  {
    ARCANA_RATE_LIMIT__ENABLED: 'true',
    ARCANA_RATE_LIMIT__AUTHENTICATED_REQUESTS_PER_MINUTE: '1',
    ARCANA_RATE_LIMIT__AUTHENTICATED_BURST: String(BURST),
    ARCANA_SERVER__REST__CORS_ORIGINS: ORIGIN,
  },
);

describeOverLinks(
  'before the guards',
  (product) => {
    it('a preflight is answered, and needs no credentials', async () => {
      const headers = { origin: ORIGIN, 'access-control-request-method': 'POST' };
      const allowed = await product().rest.send('OPTIONS', '/api/v1/users', { headers });
      expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, ORIGIN]);
      const foreign = { ...headers, origin: 'https://evil.example.test' };
      const refused = await product().rest.send('OPTIONS', '/api/v1/users', { headers: foreign });
      expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    });

    it('the answer’s compression is settled: a large refusal is compressed, a small one is not', async () => {
      const { app, people } = product();
      const { token } = await people.withRole('admin');
      const fields = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`field_${index}`, 1]));
      const ask = (body: object): Promise<{ encoding: string | undefined; bytes: Buffer }> =>
        new Promise((resolve, reject) => {
          const sent = rawRequest(`${app.restUrl}/api/v1/users`, {
            method: 'POST',
            headers: {
              authorization: `Bearer ${token}`,
              'content-type': 'application/json',
              'accept-encoding': 'gzip',
            },
          });
          sent.on('error', reject).on('response', (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('end', () =>
              resolve({ encoding: response.headers['content-encoding'], bytes: Buffer.concat(chunks) }),
            );
          });
          sent.end(JSON.stringify(body));
        });
      const large = await ask(fields);
      expect(large.encoding).toBe('gzip');
      expect(JSON.parse(gunzipSync(large.bytes).toString()).errors.length).toBeGreaterThan(50);
      expect((await ask({})).encoding).toBeUndefined();
    });

    it('every answer has a request id and a trace, refusals and unknown paths included', async () => {
      const { rest, grpc } = product();
      for (const [method, path] of [
        ['GET', '/api/v1/auth/me'],
        ['GET', '/nowhere'],
        ['GET', '/health/live'],
      ] as const) {
        const { headers, body } = await rest.send(method, path, {
          headers: { 'x-request-id': 'chain-1', traceparent: TRACE },
        });
        expect([path, headers.get('x-request-id')]).toEqual([path, 'chain-1']);
        if (path !== '/health/live')
          expect(body).toMatchObject({ request_id: 'chain-1', trace_id: TRACE.split('-')[1] });
      }
      const metadata = { 'x-request-id': 'chain-2' };
      const answered = await grpc.unary('arcana.health.v1.HealthService/Check', {}, { metadata });
      expect(answered.headers.get('x-request-id')).toEqual(['chain-2']);
      const refused = await grpc
        .unary('arcana.auth.v1.AuthService/GetCurrentUser', {}, { metadata })
        .catch((error: unknown) => error);
      expect((refused as GrpcCallError).trailers.get('x-request-id')).toEqual(['chain-2']);
    });
  },
  { ARCANA_SERVER__REST__CORS_ORIGINS: ORIGIN },
);

describeOverLinks(
  'the time-out',
  (product) => {
    let lock: pg.Client;
    let token: string;

    beforeAll(async () => {
      ({ token } = await product().people.withRole('admin'));
      lock = new pg.Client({ connectionString: product().app.database.url });
      await lock.connect();
    });
    afterEach(() => lock.query('ROLLBACK'));
    afterAll(() => lock.end());

    it.each([
      ['a handler', 'plugins', '/api/v1/plugins', 'arcana.plugins.v1.PluginService/ListPlugins'],
      ['authentication', 'sessions', '/api/v1/auth/me', 'arcana.auth.v1.AuthService/GetCurrentUser'],
    ])('covers %s that gets no answer from the database', async (_what, table, path, rpc) => {
      const { rest, grpc } = product();
      await lock.query(`BEGIN; LOCK TABLE ${table}`);
      const [answer, error] = await Promise.all([
        rest.get(path, { token, headers: { origin: ORIGIN, 'x-request-id': 'late-1' } }),
        grpc.unary(rpc, {}, { token }).catch((caught: unknown) => caught as GrpcCallError),
      ]);
      expect(problemOf(answer)).toEqual([504, 'TIMEOUT', {}]);
      expect(answer.headers.get('x-request-id')).toBe('late-1');
      expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', reason: 'TIMEOUT' });
      await lock.query('ROLLBACK');
      expect((await rest.get(path, { token })).status).toBe(200);
    });
  },
  {
    // Long enough to sign in on a busy machine.
    ARCANA_SERVER__REST__REQUEST_TIMEOUT_MS: '2000',
    ARCANA_SERVER__REST__HEADERS_TIMEOUT_MS: '2000',
    ARCANA_SERVER__GRPC__DEFAULT_DEADLINE_MS: '2000',
    ARCANA_SERVER__REST__CORS_ORIGINS: ORIGIN,
  },
);
