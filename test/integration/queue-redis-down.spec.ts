import { jest } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Database, EffectsWriter, effects } from '../../src/platform/database/index.js';
import { RedisClients } from '../../src/platform/redis/index.js';
import {
  createTestDatabase,
  ensureTemplateDatabase,
  type TestDatabase,
} from '../support/embedded-postgres.js';
import { migrate, openQueueApp, type QueueApp } from '../support/queue-app.js';
import { TestWork } from '../support/queue-jobs.js';
import { describeWithRedis } from '../support/redis.js';
import { scratchDirectory } from '../support/run-directory.js';

jest.setTimeout(60_000);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describeWithRedis('The queue while its Redis is away', () => {
  let database: TestDatabase;
  let directory: string;
  let port: number;
  let redis: ChildProcess;
  let app: QueueApp;

  const startRedis = (): void => {
    const words = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      directory,
      '--appendonly',
      'yes',
      '--save',
      '',
    ];
    redis = spawn('redis-server', words, { stdio: 'ignore' });
  };
  const killRedis = async (): Promise<void> => {
    const exit = once(redis, 'exit');
    redis.kill('SIGKILL');
    await exit;
  };
  /** Resolves when this process has noticed that Redis is gone. */
  const noticed = async (): Promise<void> => {
    const { producer } = app.nest.get(RedisClients);
    if (producer.status === 'ready') await once(producer, 'close');
  };

  beforeAll(async () => {
    const template = await ensureTemplateDatabase('queue_template', migrate);
    database = await createTestDatabase({ template });
    directory = await scratchDirectory('own-redis');
    port = await freePort();
  });

  afterAll(() => database.drop());

  beforeEach(async () => {
    startRedis();
    app = await openQueueApp({ databaseUrl: database.url, redisUrl: `redis://127.0.0.1:${port}` });
  });

  afterEach(async () => {
    await app.close();
    if (redis.exitCode === null && redis.signalCode === null) await killRedis();
  });

  it('refuses a direct job at once', async () => {
    await killRedis();
    await noticed();
    await expect(app.queue.enqueue(TestWork, { label: 'refused' })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      retryAfterSeconds: 2,
    });
  });

  it('keeps what was written with a change, shows it as PENDING, and runs it when Redis is back', async () => {
    app.host.start();
    await killRedis();
    await noticed();
    const written = effects().job(TestWork, { label: 'rested' });
    const { id } = written.jobs[0]!;
    const pending = app.recorder.reached(id, 'PENDING');
    await app.relay.start();
    await app.nest.get(Database).transaction((tx) => app.nest.get(EffectsWriter).write(tx, written));
    await pending;
    expect(app.work.runs).toEqual([]);
    startRedis();
    await app.recorder.reached(id, 'COMPLETED');
    expect(app.work.attemptsAt('rested')).toEqual([1]);
  });

  it('goes on working after Redis was killed and started again under a running job', async () => {
    app.host.start();
    const started = app.work.started('survivor');
    const { id } = await app.queue.enqueue(TestWork, { label: 'survivor', action: 'wait' });
    await started;
    await killRedis();
    await noticed();
    startRedis();
    app.work.release('survivor');
    await app.recorder.reached(id, 'COMPLETED');
  });

  it('stops in time', async () => {
    app.host.start();
    const { id } = await app.queue.enqueue(TestWork, { label: 'last' });
    await app.recorder.reached(id, 'COMPLETED');
    await killRedis();
    await noticed();
    await app.host.stop(1_000);
    expect(app.host.queues).toEqual([]);
  });

  it('is scraped without its counts, and without waiting', async () => {
    await killRedis();
    await noticed();
    expect(await app.registry.metrics()).not.toMatch(/^arcana_jobs_pending\{/m);
  });
});
