import { jest } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ensureBuilt, isolatedSettings, startBuilt } from '../support/built-product.js';

jest.setTimeout(180_000);

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

/** A collector that keeps the bytes it is sent: protobuf, in which a trace id stands as its 16 bytes. */
async function collector(): Promise<{ server: Server; endpoint: string; received: Buffer[] }> {
  const received: Buffer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'POST' && request.url === '/v1/traces') received.push(Buffer.concat(chunks));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

describe('traces of the product', () => {
  beforeAll(() => ensureBuilt());

  it('go to the collector, under the trace of the caller, from HTTP down to SQL', async () => {
    const { server, endpoint, received } = await collector();
    const product = await startBuilt({
      ...(await isolatedSettings()),
      ARCANA_OBSERVABILITY__OTLP_ENDPOINT: endpoint,
    });
    const answer = await fetch(`${product.restUrl}/api/v1/auth/login`, {
      method: 'POST',
      headers: { traceparent, 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'nobody@example.test', password: 'whatever it is' }),
    });
    expect(answer.status).toBe(401);
    await expect(answer.json()).resolves.toMatchObject({ trace_id: TRACE_ID });
    expect(await product.stop()).toBe(0);
    server.close();
    const spans = Buffer.concat(received);
    expect(spans.includes(Buffer.from(TRACE_ID, 'hex'))).toBe(true);
    expect(spans.includes('POST')).toBe(true);
    expect(spans.includes('pg.query')).toBe(true);
    expect(spans.includes('whatever it is')).toBe(false);
  });

  it('cost a request nothing when the collector is gone', async () => {
    const { server, endpoint } = await collector();
    server.close();
    await once(server, 'close');
    const product = await startBuilt({
      ...(await isolatedSettings()),
      ARCANA_OBSERVABILITY__OTLP_ENDPOINT: endpoint,
    });
    for (let n = 0; n < 20; n++) {
      const { status } = await fetch(`${product.restUrl}/health/ready`, { headers: { traceparent } });
      expect(status).toBe(200);
    }
    expect(await product.stop()).toBe(0);
  });
});
