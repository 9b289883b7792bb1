import { Body, Controller, Get, HttpException, Module, Param, Post, Query, Req } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { Type } from 'class-transformer';
import { IsEmail, IsInt, IsString, MaxLength } from 'class-validator';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { RestSettings } from '../config/index.js';
import { RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { Public } from '../security/index.js';
import { configureHttp } from './configure-http.js';
import type { HttpObserver } from './http-context.js';
import { createHttpAdapter } from './http-adapter.js';
import { RequestValidationPipe } from './request-validation.pipe.js';
import { UuidPipe } from './uuid.pipe.js';

class Note {
  @IsString()
  @MaxLength(5)
  text: string;

  @IsEmail()
  to: string;
}

class Paging {
  @Type(() => Number)
  @IsInt()
  page: number;
}

const reached: { signal?: AbortSignal; release?: () => void; called?: () => void } = {};

@Controller('things')
class ThingsController {
  @Post()
  @Public()
  create(@Body() note: Note): Note {
    return note;
  }

  @Get()
  @Public()
  list(@Query() { page }: Paging): object {
    return { page, type: typeof page };
  }

  @Get('context')
  @Public()
  async context(): Promise<object> {
    await Promise.resolve();
    const { requestId, protocol, route, trace, ip } = RequestContext.current()!;
    return { requestId, protocol, route, traceId: trace.traceId, ip };
  }

  @Post('context')
  @Public()
  contextAfterBody(@Body() _note: Note): object {
    return { requestId: RequestContext.current()?.requestId };
  }

  @Get('hang')
  @Public()
  async hang(): Promise<object> {
    reached.signal = RequestContext.current()!.signal;
    reached.called?.();
    await new Promise<void>((resolve) => {
      reached.release = resolve;
    });
    return { late: true };
  }

  @Get('throw/:what')
  @Public()
  fail(@Param('what') what: string): never {
    if (what === 'known')
      throw new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 7, cause: new Error('secret') });
    if (what === 'teapot') throw new HttpException('I am a teapot', 418);
    if (what === 'undefined') throw undefined;
    throw new Error('secret detail');
  }

  @Get('proto')
  @Public()
  raw(@Req() request: { ip: string }): object {
    return { ip: request.ip };
  }

  @Get(':id')
  @Public()
  get(@Param('id', UuidPipe) id: string): object {
    return { id };
  }
}

@Module({
  controllers: [ThingsController],
  providers: [{ provide: APP_PIPE, useClass: RequestValidationPipe }],
})
class AppModule {}

type Seen = Parameters<HttpObserver>[0];

async function boot(overrides: Partial<RestSettings> = {}, closeLimitMs?: number) {
  const settings = Object.assign(new RestSettings(), overrides);
  const seen: Seen[] = [];
  const { adapter, routes } = createHttpAdapter(settings, (each) => seen.push(each), closeLimitMs);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, {
    logger: false,
    bodyParser: false,
  });
  await configureHttp(app, settings, routes);
  await app.init();
  await adapter.getInstance().ready();
  return { app, seen, inject: adapter.getInstance().inject.bind(adapter.getInstance()) };
}

describe('the HTTP chain', () => {
  let server: Awaited<ReturnType<typeof boot>>;

  beforeAll(async () => {
    server = await boot({ cors_origins: ['https://console.example.test'] });
  });

  afterAll(() => server.app.close());

  const post = (payload: string | Buffer, contentType = 'application/json') =>
    server.inject({ method: 'POST', url: '/things', payload, headers: { 'content-type': contentType } });

  it('answers a valid request and returns its id', async () => {
    const response = await server.inject({
      method: 'GET',
      url: '/things/context',
      headers: {
        'x-request-id': 'abc-1',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      },
    });
    expect(response.headers['x-request-id']).toBe('abc-1');
    expect(response.json()).toMatchObject({
      requestId: 'abc-1',
      protocol: 'http',
      route: 'GET /things/context',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    });
  });

  it('keeps the context in a handler that reads a body', async () => {
    const response = await server.inject({
      method: 'POST',
      url: '/things/context',
      headers: { 'x-request-id': 'with-body' },
      payload: { text: 'a', to: 'a@example.test' },
    });
    expect(response.json()).toEqual({ requestId: 'with-body' });
  });

  it.each(['bad id', 'a'.repeat(129), 'x\ty', ''])(
    'replaces the request id %j by one of its own',
    async (id) => {
      const response = await server.inject({
        method: 'GET',
        url: '/things/context',
        headers: { 'x-request-id': id },
      });
      expect(response.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    },
  );

  it.each([
    ['malformed JSON', '{"text":', 'MALFORMED_REQUEST', 400],
    ['an empty body', '', 'MALFORMED_REQUEST', 400],
    ['an array', '[]', 'MALFORMED_REQUEST', 400],
    ['a string', '"x"', 'MALFORMED_REQUEST', 400],
    ['null', 'null', 'MALFORMED_REQUEST', 400],
    ['a __proto__ key', '{"__proto__":{"admin":true}}', 'MALFORMED_REQUEST', 400],
    ['a constructor key', '{"constructor":{"prototype":{}}}', 'MALFORMED_REQUEST', 400],
  ])('refuses %s', async (_what, payload, code, status) => {
    const response = await post(payload);
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(response.json()).toMatchObject({ code, status, instance: '/things' });
  });

  it('refuses a request without any body', async () => {
    const response = await server.inject({ method: 'POST', url: '/things' });
    expect(response.json()).toMatchObject({
      code: 'MALFORMED_REQUEST',
      message: 'The body must be a JSON object.',
    });
  });

  it('names every broken and every unknown field at once', async () => {
    const response = await post(JSON.stringify({ text: 'too long', to: 'nobody', role: 'admin' }));
    expect(response.statusCode).toBe(422);
    const { code, errors } = response.json<{ code: string; errors: { field: string; code: string }[] }>();
    expect(code).toBe('VALIDATION_FAILED');
    expect(errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ field: 'text', code: 'MAX_LENGTH' }),
        expect.objectContaining({ field: 'to', code: 'IS_EMAIL' }),
        expect.objectContaining({ field: 'role', code: 'UNKNOWN_FIELD' }),
      ]),
    );
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'])(
    'refuses the media type %s',
    async (type) => {
      const response = await post('text=a', type);
      expect(response.statusCode).toBe(415);
      expect(response.json()).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' });
    },
  );

  it('takes a body of exactly 1 MiB and refuses one byte more', async () => {
    const body = (bytes: number) => {
      const start = '{"text":"a","to":"a@example.test","x":"';
      return `${start}${'y'.repeat(bytes - start.length - 2)}"}`;
    };
    expect((await post(body(1_048_576))).statusCode).toBe(422);
    const refused = await post(body(1_048_577));
    expect(refused.statusCode).toBe(413);
    expect(refused.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  it('converts and checks query parameters', async () => {
    expect((await server.inject('/things?page=2')).json()).toEqual({ page: 2, type: 'number' });
    expect((await server.inject('/things?page=x')).statusCode).toBe(422);
    expect((await server.inject('/things?page=1&evil=1')).json()).toMatchObject({
      errors: [{ field: 'evil', code: 'UNKNOWN_FIELD' }],
    });
  });

  it('refuses an id that is no UUID', async () => {
    const response = await server.inject('/things/1;DROP TABLE users');
    expect(response.statusCode).toBe(422);
    expect(response.json()).toMatchObject({ errors: [{ field: 'id', code: 'IS_UUID' }] });
  });

  it('answers 404 where there is nothing, 405 with Allow where the method is wrong', async () => {
    const missing = await server.inject('/nowhere');
    expect([missing.statusCode, missing.json().code]).toEqual([404, 'NOT_FOUND']);
    // A slash more is another path, not another method.
    expect((await server.inject('/things/')).statusCode).toBe(404);
    const wrong = await server.inject({ method: 'DELETE', url: '/things' });
    expect([wrong.statusCode, wrong.json().code]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(wrong.headers['allow']).toBe('GET, HEAD, OPTIONS, POST');
  });

  it('answers OPTIONS with the methods, HEAD without a body, and refuses TRACE', async () => {
    const options = await server.inject({ method: 'OPTIONS', url: '/things' });
    expect([options.statusCode, options.headers['allow']]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
    const head = await server.inject({ method: 'HEAD', url: '/things?page=1' });
    expect([head.statusCode, head.body]).toEqual([200, '']);
    expect((await server.inject({ method: 'TRACE' as 'GET', url: '/things' })).statusCode).toBe(405);
  });

  it('lets listed origins in and no others', async () => {
    const preflight = (origin: string) =>
      server.inject({
        method: 'OPTIONS',
        url: '/things',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    expect((await preflight('https://console.example.test')).headers['access-control-allow-origin']).toBe(
      'https://console.example.test',
    );
    expect(
      (await preflight('https://evil.example.test')).headers['access-control-allow-origin'],
    ).toBeUndefined();
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'lets a listed origin send %s, and read what the answers say beside their body',
    async (method) => {
      const origin = 'https://console.example.test';
      const preflight = await server.inject({
        method: 'OPTIONS',
        url: '/things',
        headers: { origin, 'access-control-request-method': method },
      });
      expect(String(preflight.headers['access-control-allow-methods']).split(/, ?/)).toContain(method);
      expect(preflight.headers['access-control-allow-headers']).toMatch(/if-match/);
      const { headers } = await server.inject({ url: '/things', headers: { origin } });
      expect(String(headers['access-control-expose-headers']).split(/, ?/)).toEqual(
        expect.arrayContaining(['etag', 'link', 'location', 'content-disposition', 'www-authenticate']),
      );
    },
  );

  it('hides what it did not foresee', async () => {
    for (const what of ['other', 'undefined', 'teapot']) {
      const response = await server.inject(`/things/throw/${what}`);
      expect(response.statusCode).toBe(500);
      expect(response.json()).toMatchObject({ code: 'INTERNAL_ERROR' });
      expect(response.body).not.toMatch(/secret|stack|I am a/);
    }
  });

  it('says when to come back', async () => {
    const response = await server.inject('/things/throw/known');
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '7']);
    expect(response.body).not.toContain('secret');
  });

  it('answers a URL that cannot be decoded', async () => {
    const response = await server.inject('/things/%zz');
    expect([response.statusCode, response.json().code]).toEqual([400, 'MALFORMED_REQUEST']);
  });

  it('sends security headers with every answer, errors included, and no version banner', async () => {
    for (const url of ['/things?page=1', '/nowhere', '/api/v1/nothing', '/docs']) {
      const { headers } = await server.inject(url);
      expect(headers['x-content-type-options']).toBe('nosniff');
      // Probes and scrapes have nothing that a browser could follow.
      if (/^\/(api|docs)/.test(url)) expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-powered-by']).toBeUndefined();
      expect(headers['server']).toBeUndefined();
    }
  });

  it('tells the observer of the route template, never of the path', async () => {
    server.seen.length = 0;
    await server.inject('/things/0190a000-0000-7000-8000-000000000000');
    await server.inject('/nowhere/else');
    expect(server.seen.map(({ route, status }) => [route, status])).toEqual([
      ['/things/:id', 200],
      ['unmatched', 404],
    ]);
  });

  it('ignores X-Forwarded-For from anybody', async () => {
    const response = await server.inject({
      url: '/things/context',
      headers: { 'x-forwarded-for': '203.0.113.9' },
    });
    expect(response.json()).toMatchObject({ ip: '127.0.0.1' });
  });

  it('compresses large answers only', async () => {
    const large = await server.inject({
      url: `/things/${'a'.repeat(90)}`,
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(large.headers['content-encoding']).toBeUndefined();
  });
});

describe('behind a trusted proxy', () => {
  it('takes the client address from X-Forwarded-For', async () => {
    const { app, inject } = await boot({ trusted_proxies: ['127.0.0.1'] });
    const response = await inject({ url: '/things/context', headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect(response.json()).toMatchObject({ ip: '203.0.113.9' });
    await app.close();
  });
});

describe('the time-out of a request', () => {
  it('answers TIMEOUT, tells the work to stop, and ignores what it returns late', async () => {
    const { app, inject } = await boot({ request_timeout_ms: 30 });
    const response = await inject('/things/hang');
    expect([response.statusCode, response.json().code]).toEqual([504, 'TIMEOUT']);
    expect(reached.signal?.aborted).toBe(true);
    reached.release?.();
    expect((await inject('/things?page=1')).statusCode).toBe(200);
    await app.close();
  });

  it('answers REQUEST_TIMEOUT to an upload that does not arrive, and hangs up', async () => {
    const { app } = await boot({ request_timeout_ms: 50 });
    await app.listen(0, '127.0.0.1');
    const socket = connect((app.getHttpServer().address() as AddressInfo).port, '127.0.0.1');
    socket.write(
      'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    await once(socket, 'close');
    expect(answer).toContain('HTTP/1.1 408');
    expect(answer).toContain('"code":"REQUEST_TIMEOUT"');
    await app.close();
  });

  it('stops the work when the caller leaves, and tells the observer', async () => {
    const { app, seen } = await boot();
    await app.listen(0, '127.0.0.1');
    const called = new Promise<void>((resolve) => {
      reached.called = resolve;
    });
    const socket = connect((app.getHttpServer().address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET /things/hang HTTP/1.1\r\nHost: a\r\n\r\n');
    await called;
    const { signal } = reached;
    const aborted = once(signal!, 'abort');
    socket.destroy();
    await aborted;
    expect(signal?.reason).toMatchObject({ code: 'CANCELLED' });
    expect(seen.map(({ route, status }) => [route, status])).toEqual([['/things/hang', 499]]);
    reached.release?.();
    await app.close();
  });
});

describe('closing', () => {
  it('waits for the request that runs, and not for its connection to be given up by the client', async () => {
    const { app } = await boot();
    await app.listen(0, '127.0.0.1');
    const called = new Promise<void>((resolve) => {
      reached.called = resolve;
    });
    const socket = connect((app.getHttpServer().address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET /things/hang HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
    await called;
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    const closed = Promise.all([app.close(), once(socket, 'close')]);
    reached.release?.();
    await closed;
    expect(answer).toContain('{"late":true}');
  });
});

describe('closing beside a client that never finishes its request', () => {
  it.each([
    'GET / HTTP/1.1\r\nHost: a\r\nx: ',
    'POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{',
  ])('ends after a time: %j', async (bytes) => {
    const { app } = await boot({}, 200);
    await app.listen(0, '127.0.0.1');
    const socket = connect((app.getHttpServer().address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(bytes);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await app.close();
    socket.destroy();
  });
});

describe('what is not even HTTP', () => {
  it('does not keep the connection of a client that never ends its side', async () => {
    const { app } = await boot();
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const accepted = once(app.getHttpServer(), 'connection') as Promise<[Socket]>;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined).resume();
    socket.write('NONSENSE\r\n\r\n');
    const [ours] = await accepted;
    await once(ours, 'close');
    socket.destroy();
    await app.close();
  });

  it.each([
    ['a broken request line', 'NONSENSE\r\n\r\n', 400],
    ['headers beyond the limit', `GET / HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
  ])('is answered with a problem: %s', async (_what, bytes, status) => {
    const { app } = await boot();
    await app.listen(0, '127.0.0.1');
    const socket = connect((app.getHttpServer().address() as AddressInfo).port, '127.0.0.1');
    socket.write(bytes);
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    await once(socket, 'close');
    expect(answer).toContain(`HTTP/1.1 ${status}`);
    const problem = JSON.parse(answer.split('\r\n\r\n')[1]!) as { request_id: string };
    expect(problem).toMatchObject({ code: 'MALFORMED_REQUEST', status });
    expect(problem.request_id).toMatch(/^[0-9a-f]{32}$/);
    expect(answer).toContain(`X-Request-Id: ${problem.request_id}\r\n`);
    await app.close();
  });
});
