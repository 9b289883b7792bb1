import { eventually } from '../support/eventually.js';
import { startProduct } from '../support/over-links.js';
import { claimRedisDatabase, describeWithRedis } from '../support/redis.js';
import { problemOf, type Json } from '../support/rest-client.js';
import { TcpProxy } from '../support/tcp-proxy.js';

describeWithRedis('without its Redis for a while', () => {
  it('the product is degraded and ready, signs people in, and does the work when Redis is back', async () => {
    const proxy = await TcpProxy.start(await claimRedisDatabase());
    const product = await startProduct({ ARCANA_REDIS__URL: proxy.url });
    const { rest, people, mails, app } = product;
    const health = async (): Promise<Json> => (await rest.get('/health')).body;
    expect(app.banner).toContain('Queue       Redis');
    expect(await health()).toMatchObject({ status: 'healthy' });

    proxy.cut();
    const degraded = await eventually('health is degraded', async () => {
      const answer = await health();
      return answer.status === 'degraded' ? answer : undefined;
    });
    expect(degraded.components).toContainEqual(
      expect.objectContaining({ name: 'redis', status: 'degraded', required: false }),
    );
    const ready = await rest.get('/health/ready');
    expect([ready.status, ready.body.details.redis]).toEqual([200, { status: 'up', state: 'degraded' }]);
    expect((await fetch(`${app.managementUrl}/health/ready`)).status).toBe(200);
    const person = await people.newcomer();
    expect((await rest.get('/api/v1/auth/me', { token: person.token })).status).toBe(200);

    proxy.restore();
    expect(await mails.to(person.email)).toContain('Hello Ada Lovelace,');
    await eventually('health is as before', async () =>
      (await health()).status === 'healthy' ? true : undefined,
    );
    await product.stop();
    await proxy.stop();
  });
});

describe('without its database for a while', () => {
  it('the product lives, is not ready, answers 503 in time, and is as before afterwards', async () => {
    let proxy: TcpProxy | undefined;
    const product = await startProduct(
      { ARCANA_DATABASE__CONNECT_TIMEOUT_MS: '1000', ARCANA_DATABASE__ACQUIRE_TIMEOUT_MS: '1000' },
      async (url) => (proxy = await TcpProxy.start(url)).url,
    );
    const { rest, grpc, people, app } = product;
    const person = await people.newcomer();
    proxy!.cut();
    const refused = await eventually('readiness is refused', async () => {
      const answer = await rest.get('/health/ready');
      return answer.status === 503 ? answer : undefined;
    });
    expect(problemOf(refused)).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
      expect.objectContaining({ database: 'UNHEALTHY' }),
    ]);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await rest.get('/health/live')).status).toBe(200);
    expect((await rest.get('/health')).body).toMatchObject({ status: 'unhealthy' });
    expect((await fetch(`${app.managementUrl}/health/ready`)).status).toBe(503);
    expect((await fetch(`${app.managementUrl}/health/live`)).status).toBe(200);

    const answer = await rest.get('/api/v1/auth/me', { token: person.token });
    expect(problemOf(answer)).toEqual([503, 'SERVICE_UNAVAILABLE', {}]);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    const error = await grpc
      .unary('arcana.auth.v1.AuthService/GetCurrentUser', {}, { token: person.token })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'UNAVAILABLE', reason: 'SERVICE_UNAVAILABLE' });

    proxy!.restore();
    await eventually('the product is ready again', async () =>
      (await rest.get('/health/ready')).status === 200 ? true : undefined,
    );
    expect((await rest.get('/api/v1/auth/me', { token: person.token })).status).toBe(200);
    await product.stop();
    await proxy!.stop();
  });
});
