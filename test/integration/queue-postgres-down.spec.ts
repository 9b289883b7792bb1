import { jest } from '@jest/globals';
import { Database, EffectsWriter, effects } from '../../src/platform/database/index.js';
import { startEmbeddedServer, type EmbeddedServer } from '../../src/platform/database/embedded/index.js';
import { postmasterPid } from '../support/embedded-process.js';
import { migrate, openQueueApp, type QueueApp } from '../support/queue-app.js';
import { TestWork } from '../support/queue-jobs.js';
import { scratchDirectory } from '../support/run-directory.js';

jest.setTimeout(60_000);

describe('The queue while its PostgreSQL is away', () => {
  let directory: string;
  let server: EmbeddedServer;
  let app: QueueApp;

  const start = async (): Promise<void> => {
    server = await startEmbeddedServer({ directory, stopOnExit: false });
  };

  /** Ends the server at once, as a crash does; it has to recover when it starts again. */
  const crash = async (): Promise<void> => {
    process.kill(await postmasterPid(server.dataDirectory), 'SIGQUIT');
    await server.stop();
  };

  const enqueueWithChange = async (label: string): Promise<string> => {
    const written = effects().job(TestWork, { label });
    await app.nest.get(Database).transaction((tx) => app.nest.get(EffectsWriter).write(tx, written));
    return written.jobs[0]!.id;
  };

  beforeAll(async () => {
    directory = await scratchDirectory('own-postgres');
    await start();
    await migrate(server.url);
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    app = await openQueueApp({ databaseUrl: server.url });
  });

  afterEach(() => app.close());

  it('refuses a direct job at once, and works again when the database is back', async () => {
    app.host.start();
    await app.relay.start();
    await app.recorder.reached(await enqueueWithChange('before'), 'COMPLETED');
    await crash();
    await expect(app.queue.enqueue(TestWork, { label: 'refused' })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    await start();
    await app.recorder.reached(await enqueueWithChange('after'), 'COMPLETED');
    const { id } = await app.queue.enqueue(TestWork, { label: 'direct' });
    await app.recorder.reached(id, 'COMPLETED');
  });

  it('burns no attempt of a job that ran through the outage, and loses no news of it', async () => {
    app.host.start();
    const started = app.work.started('through');
    const { id } = await app.queue.enqueue(TestWork, { label: 'through', action: 'wait' });
    await started;
    await crash();
    app.work.release('through');
    const again = app.work.started('through').then(() => app.work.release('through'));
    await start();
    await Promise.race([app.recorder.reached(id, 'COMPLETED'), again]);
    await app.recorder.reached(id, 'COMPLETED');
    expect(await app.job(id)).toMatchObject({ state: 'COMPLETED', attempts_made: 1, error: null });
  });

  it('starts while the database is away, and works when it comes', async () => {
    await crash();
    app.host.start();
    await expect(app.queue.enqueue(TestWork, { label: 'too early' })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    await start();
    const { id } = await app.queue.enqueue(TestWork, { label: 'in time' });
    await app.recorder.reached(id, 'COMPLETED');
  });
});
