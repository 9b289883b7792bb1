import { eventually } from '../support/eventually.js';
import { startProduct } from '../support/over-links.js';
import { claimRedisDatabase, describeWithRedis } from '../support/redis.js';

describeWithRedis('The product with a Redis', () => {
  let product: Awaited<ReturnType<typeof startProduct>>;

  beforeAll(async () => {
    product = await startProduct({ ARCANA_REDIS__URL: await claimRedisDatabase() });
  });

  afterAll(() => (product as typeof product | undefined)?.stop());

  /** The first job that a search finds, once it has completed. */
  const completed = (search: string, token: string) =>
    eventually(`${search} completed`, async () => {
      const { body } = await product.rest.get(`/api/jobs/jobs?state=COMPLETED&${search}`, { token });
      return (body.data as Record<string, unknown>[])[0];
    });

  it('runs on it what a registration enqueues', async () => {
    const { rest, people } = product;
    const { token } = await people.withRole('super_admin');
    const headers = { 'x-request-id': 'on-redis.1' };
    const person = { name: 'Grace Hopper', email: 'grace@example.test', password: 'Tr0mbone-Quartet' };
    expect((await rest.post('/api/v1/auth/register', person, { headers })).status).toBe(201);
    expect(await completed('type=email.welcome&correlation_id=on-redis.1', token)).toMatchObject({
      queue: 'emails',
      priority: 'normal',
      attempts_made: 1,
    });
  });

  it('runs on it what an administrator enqueues', async () => {
    const { rest, people, app } = product;
    const { token } = await people.withRole('super_admin');
    const answer = await rest.post(
      '/api/jobs/jobs',
      { type: 'queue.prune_records', tags: ['on-redis'] },
      { token },
    );
    expect([answer.status, answer.headers.get('location')]).toEqual([
      201,
      `/api/jobs/jobs/${answer.body.id}`,
    ]);
    expect(await completed('tag=on-redis', token)).toMatchObject({
      id: answer.body.id,
      result: { deleted: 0 },
    });
    const metrics = await (await fetch(`${app.managementUrl}/metrics`)).text();
    expect(metrics).toContain(
      'arcana_jobs_completed_total{queue="maintenance",type="queue.prune_records"} 1',
    );
    expect(metrics).toMatch(/^arcana_jobs_pending\{queue="maintenance"\} 0$/m);
  });
});
