import { join } from 'node:path';
import { jest } from '@jest/globals';
import pg from 'pg';
import { postmasterPid, query, serverProcesses, startApp } from '../support/embedded-process.js';
import { scratchDirectory } from '../support/run-directory.js';

jest.setTimeout(120_000);

async function newFolder(): Promise<string> {
  return join(await scratchDirectory('sharing'), 'postgres');
}

describe('processes that share a folder', () => {
  it('end up with one server when they start at once, the first time', async () => {
    const directory = await newFolder();
    const apps = await Promise.all(Array.from({ length: 5 }, () => startApp({ directory, durable: false })));
    expect(apps.filter((app) => !app.adopted)).toHaveLength(1);
    expect(new Set(apps.map((app) => app.url)).size).toBe(1);
    const postmasters = new Set(await Promise.all(apps.map((app) => postmasterPid(app.dataDirectory))));
    expect(postmasters.size).toBe(1);
    await Promise.all(apps.map((app) => app.stop()));
    expect(await serverProcesses(directory)).toEqual([]);
  });

  it('keep the server until the last of them stops', async () => {
    const directory = await newFolder();
    const first = await startApp({ directory, durable: false });
    const second = await startApp({ directory, durable: false });
    await first.stop();
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.stop();
    expect(await serverProcesses(directory)).toEqual([]);
  });

  it('do not keep it for one that was killed', async () => {
    const directory = await newFolder();
    const killed = await startApp({ directory, durable: false });
    const stopping = await startApp({ directory, durable: false });
    await killed.kill();
    await stopping.stop();
    expect(await serverProcesses(directory)).toEqual([]);
  });

  it('do not keep it for one that exits without stopping', async () => {
    const directory = await newFolder();
    const app = await startApp({ directory, durable: false });
    const session = new pg.Client({ connectionString: app.url });
    session.on('error', () => undefined);
    await session.connect();
    const cut = new Promise((resolve) => session.once('end', resolve));
    await app.exit();
    await cut;
    const next = await startApp({ directory, durable: false });
    expect(next.adopted).toBe(false);
    await next.stop();
  });

  it('may start while another one is stopping', async () => {
    const directory = await newFolder();
    let app = await startApp({ directory, durable: false });
    await query(app.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    for (let round = 0; round < 3; round++) {
      const stopped = app.stop();
      const next = await startApp({ directory, durable: false });
      expect(await query(next.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      await stopped;
      app = next;
    }
    await app.stop();
    expect(await serverProcesses(directory)).toEqual([]);
  });

  it('wait for a server that somebody else is shutting down', async () => {
    const directory = await newFolder();
    const app = await startApp({ directory, durable: false });
    const session = new pg.Client({ connectionString: app.url });
    session.on('error', () => undefined);
    await session.connect();
    const pid = await postmasterPid(app.dataDirectory);
    // A smart shutdown: it lasts as long as our session.
    process.kill(pid, 'SIGTERM');
    const next = await startApp({ directory, durable: false });
    expect(next.adopted).toBe(false);
    expect(await postmasterPid(next.dataDirectory)).not.toBe(pid);
    await next.stop();
    await app.stop();
    expect(await serverProcesses(directory)).toEqual([]);
  });

  it('find it where a holder kept it while they were away', async () => {
    const directory = await newFolder();
    const holder = await startApp({ directory, hold: true });
    const first = await startApp({ directory, durable: false });
    await first.stop();
    const second = await startApp({ directory, durable: false });
    expect(second).toMatchObject({ adopted: true, url: first.url });
    await second.stop();
    await holder.stop();
    expect(await serverProcesses(directory)).toEqual([]);
  });
});
