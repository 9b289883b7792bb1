import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { ArcanaConfig } from '../../src/platform/config/index.js';
import { RequestContext } from '../../src/platform/context/index.js';
import { OutboundClient } from '../../src/platform/outbound/index.js';
import { CircuitBreakers } from '../../src/platform/resilience/index.js';
import { eventually } from '../support/eventually.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** F15: what a bad upstream can do, and that each call ends. */
describe('a call to the outside', () => {
  let server: Server;
  let port: string;
  let answer: Answer;
  let breakers: CircuitBreakers;
  let client: OutboundClient;

  const open = (settings: Partial<ArcanaConfig['outbound']> = {}): OutboundClient => {
    const config = new ArcanaConfig();
    const inside = { allowed_addresses: ['127.0.0.1'], allowed_ports: [port], allow_http: true };
    Object.assign(config.outbound, inside, settings);
    breakers = new CircuitBreakers(new Registry());
    return (client = new OutboundClient(config, breakers));
  };
  const post = (path = '/', of = client) =>
    of.post({
      dependency: 'test',
      url: `http://127.0.0.1:${port}${path}`,
      headers: { 'x-more': '1' },
      body: '{"a":1}',
    });
  const problem = (what: string) => expect.objectContaining({ problem: what });

  beforeEach(async () => {
    answer = (_, response) => response.end('{}');
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = String((server.address() as AddressInfo).port);
    open();
  });

  afterEach(async () => {
    await client.onApplicationShutdown();
    breakers.onApplicationShutdown();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('posts JSON and gives the answer, whatever its status', async () => {
    const seen: unknown[] = [];
    answer = (request, response) => {
      let body = '';
      request.on('data', (data) => (body += String(data)));
      request.on('end', () => {
        seen.push([
          request.method,
          request.url,
          request.headers['content-type'],
          request.headers['x-more'],
          body,
        ]);
        response.writeHead(422, { 'x-why': 'because' }).end('no');
      });
    };
    expect(await post('/users?a=b')).toMatchObject({
      status: 422,
      text: 'no',
      headers: { 'x-why': 'because' },
    });
    expect(seen).toEqual([['POST', '/users?a=b', 'application/json', '1', '{"a":1}']]);
  });

  it('does not follow a redirect, least of all to a private address', async () => {
    let calls = 0;
    answer = (_, response) => {
      calls++;
      response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
    };
    expect(await post()).toMatchObject({ status: 307 });
    expect(calls).toBe(1);
  });

  it('never leaves when its target is not allowed, however it is named', async () => {
    let connections = 0;
    server.on('connection', () => connections++);
    open({ allowed_addresses: [] });
    await expect(post()).rejects.toEqual(problem('refused'));
    const call = { dependency: 'test', url: `http://localhost:${port}/`, body: '{}' };
    await expect(client.post(call)).rejects.toEqual(problem('refused'));
    expect(connections).toBe(0);
  });

  it('ends when nobody listens', async () => {
    await new Promise((resolve) => server.close(resolve));
    await expect(post()).rejects.toEqual(problem('unreachable'));
    server.listen(0);
  });

  it('ends when the service answers nothing, and when it answers for ever', async () => {
    open({ timeout_ms: 200 });
    answer = () => undefined;
    await expect(post()).rejects.toEqual(problem('timeout'));
    answer = (_, response) => {
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    };
    await expect(post()).rejects.toEqual(problem('timeout'));
  });

  it('ends when the answer has no end', async () => {
    answer = (_, response) => {
      const chunk = 'x'.repeat(16_384);
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', pour);
      pour();
    };
    await expect(post()).rejects.toEqual(problem('too_large'));
  });

  it('ends when the connection breaks in the middle, and when the answer is no HTTP', async () => {
    answer = (request) => request.socket.destroy();
    await expect(post()).rejects.toEqual(problem('unreachable'));
    const odd = createTcpServer((socket) => socket.resume().end('SSH-2.0-none\r\n'));
    await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve));
    port = String((odd.address() as AddressInfo).port);
    await expect(post('/', open())).rejects.toEqual(problem('unreachable'));
    await new Promise((resolve) => odd.close(resolve));
  });

  it("is bounded by the caller's own time", async () => {
    answer = () => undefined;
    const context = new RequestContext({ requestId: 'r', protocol: 'http', deadline: Date.now() + 150 });
    await expect(RequestContext.run(context, () => post())).rejects.toEqual(problem('timeout'));
  });

  it('is not made while the service keeps failing, and made again once a probe succeeds', async () => {
    let calls = 0;
    answer = (_, response) => {
      calls++;
      response.writeHead(500).end();
    };
    for (let n = 0; n < 5; n++) expect(await post()).toMatchObject({ status: 500 });
    await expect(post()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 10 });
    expect(calls).toBe(5);
    answer = (_, response) => response.end('{}');
    await eventually('the probe is let through', () => post().catch(() => undefined));
    expect(await post()).toMatchObject({ status: 200 });
  });

  it('that is refused for what it says does not count against the service', async () => {
    answer = (_, response) => response.writeHead(400).end();
    for (let n = 0; n < 20; n++) expect(await post()).toMatchObject({ status: 400 });
  });

  it('is refused at once when too many are under way', async () => {
    open({ max_concurrent: 3 });
    const waiting: ServerResponse[] = [];
    answer = (_, response) => waiting.push(response);
    const running = [1, 2, 3].map(() => post());
    await expect(post()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await eventually('all three arrived', async () => (waiting.length === 3 ? true : undefined));
    for (const response of waiting) response.end('{}');
    await Promise.all(running);
  });
});
