import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, rm, stat, watch, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import pg from 'pg';
import {
  postmasterPid,
  query,
  serverProcesses,
  spawnApp,
  startApp,
  startHere,
} from '../support/embedded-process.js';
import { scratchDirectory } from '../support/run-directory.js';

jest.setTimeout(120_000);

async function newFolder(): Promise<string> {
  return join(await scratchDirectory('recovery'), 'postgres');
}

/** A session that computes and never looks whether its postmaster lives. */
async function startComputing(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  const pid = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid;
  client.query('SELECT count(*) FROM generate_series(1, 100000000000)').catch(() => undefined);
  const running = `SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'active'`;
  while ((await query(url, running, [pid])).length === 0);
  return pid;
}

describe('after kill -9 of the application', () => {
  it('the next start adopts the running server, with every committed row', async () => {
    const directory = await newFolder();
    const first = await startApp({ directory });
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const pid = await postmasterPid(first.dataDirectory);
    await first.kill();
    const second = await startApp({ directory });
    expect(second).toMatchObject({ adopted: true, url: first.url });
    expect(await postmasterPid(second.dataDirectory)).toBe(pid);
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await second.stop();
    expect(await serverProcesses(directory)).toEqual([]);
  });

  it('in the midst of its first start, the next one begins anew', async () => {
    const directory = await newFolder();
    await mkdir(directory, { recursive: true });
    const changes = watch(directory);
    const app = spawnApp({ directory });
    for await (const { filename } of changes) if (filename?.startsWith('data.new.')) break;
    app.kill('SIGKILL');
    await once(app, 'exit');
    const next = await startApp({ directory });
    expect(next.adopted).toBe(false);
    expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await readdir(directory)).filter((name) => name.startsWith('data'))).toEqual(['data']);
    await next.stop();
  });
});

describe('after kill -9 of the server', () => {
  it('the next start recovers every committed row', async () => {
    const directory = await newFolder();
    const first = await startApp({ directory });
    await query(first.url, 'CREATE TABLE kept (number int)');
    for (let number = 0; number < 50; number++)
      await query(first.url, 'INSERT INTO kept VALUES ($1)', [number]);
    process.kill(await postmasterPid(first.dataDirectory), 'SIGKILL');
    await first.kill();
    const second = await startApp({ directory });
    expect(second.adopted).toBe(false);
    expect(await query(second.url, 'SELECT count(*)::int AS rows FROM kept')).toEqual([{ rows: 50 }]);
    await second.stop();
  });

  it('a session that goes on computing is ended, since PostgreSQL does not start beside it', async () => {
    const directory = await newFolder();
    const first = await startApp({ directory, durable: false });
    const computing = await startComputing(first.url);
    process.kill(await postmasterPid(first.dataDirectory), 'SIGKILL');
    await first.kill();
    expect(await serverProcesses(directory)).toContain(computing);
    const second = await startHere({ directory, durable: false });
    expect(await serverProcesses(directory)).not.toContain(computing);
    await second.stop();
  });

  it('the application that lost it can still be stopped', async () => {
    const directory = await newFolder();
    const app = await startApp({ directory, durable: false });
    process.kill(await postmasterPid(app.dataDirectory), 'SIGKILL');
    await app.stop();
    const next = await startApp({ directory, durable: false });
    await next.stop();
  });
});

describe('a postmaster.pid left behind', () => {
  async function stoppedServer(): Promise<{ directory: string; pidFile: string; crashed: string }> {
    const directory = await newFolder();
    const app = await startHere({ directory, durable: false });
    await query(app.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const pidFile = join(app.dataDirectory, 'postmaster.pid');
    const crashed = await readFile(pidFile, 'utf8');
    await app.stop();
    return { directory, pidFile, crashed };
  }

  async function expectStart(directory: string): Promise<void> {
    const app = await startHere({ directory, durable: false });
    expect(app.adopted).toBe(false);
    expect(await query(app.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await app.stop();
  }

  it('that names a process which is gone does not hinder a start', async () => {
    const { directory, pidFile, crashed } = await stoppedServer();
    await writeFile(pidFile, crashed);
    await expectStart(directory);
  });

  it('that names another program by now does not hinder a start, nor harm that program', async () => {
    const { directory, pidFile, crashed } = await stoppedServer();
    const { uid, gid } = await stat(join(directory, 'data'));
    // Of the server's user: only such a one does PostgreSQL take for a server.
    const other = spawn('sleep', ['600'], process.getuid?.() === 0 ? { uid, gid } : {});
    await once(other, 'spawn');
    await writeFile(pidFile, crashed.replace(/^\d+/, String(other.pid)));
    await expectStart(directory);
    expect(other.exitCode ?? other.signalCode).toBeNull();
    other.kill();
  });

  it('that is empty or cut off does not hinder a start', async () => {
    const { directory, pidFile, crashed } = await stoppedServer();
    await writeFile(pidFile, '');
    await expectStart(directory);
    await writeFile(pidFile, crashed.slice(0, 4));
    await expectStart(directory);
  });
});

describe('a data directory', () => {
  it('that was left half-written is made again', async () => {
    const directory = await newFolder();
    await mkdir(join(directory, 'data', 'base'), { recursive: true });
    await writeFile(join(directory, 'data', 'PG_VERSION'), '18\n');
    const app = await startHere({ directory, durable: false });
    expect(app.lines.join()).toContain('is incomplete and is made again');
    expect(await query(app.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await app.stop();
  });

  it('of another PostgreSQL release is refused and left alone', async () => {
    const directory = await newFolder();
    await (await startHere({ directory, durable: false })).stop();
    await writeFile(join(directory, 'data', 'PG_VERSION'), '17\n');
    await expect(startHere({ directory, durable: false })).rejects.toThrow(
      `EmbeddedServerError: The data in ${directory} was written by PostgreSQL 17 and this release brings 18: dump it`,
    );
    expect(await readFile(join(directory, 'data', 'PG_VERSION'), 'utf8')).toBe('17\n');
  });

  it('that is damaged is refused with one sentence and left alone', async () => {
    const directory = await newFolder();
    await (await startHere({ directory, durable: false })).stop();
    await rm(join(directory, 'data', 'global', 'pg_control'));
    await expect(startHere({ directory, durable: false })).rejects.toThrow(
      `EmbeddedServerError: The data in ${directory} is damaged and PostgreSQL refuses it`,
    );
    expect(await readdir(join(directory, 'data', 'base'))).not.toEqual([]);
  });

  it('whose password was lost is refused with one sentence', async () => {
    const directory = await newFolder();
    await (await startHere({ directory, durable: false })).stop();
    await rm(join(directory, 'password'));
    await expect(startHere({ directory, durable: false })).rejects.toThrow(
      `EmbeddedServerError: The password of the embedded PostgreSQL, ${join(directory, 'password')}, is missing`,
    );
  });

  it('whose password file holds another one is refused with one sentence, and nothing keeps running', async () => {
    const directory = await newFolder();
    await (await startHere({ directory, durable: false })).stop();
    await writeFile(join(directory, 'password'), 'another');
    await expect(startHere({ directory, durable: false })).rejects.toThrow(
      'EmbeddedServerError: The embedded PostgreSQL does not accept the password kept beside its data',
    );
    expect(await serverProcesses(directory)).toEqual([]);
  });
});

describe('a server that does not end', () => {
  it('because it is frozen is killed after a while', async () => {
    const directory = await newFolder();
    const app = await startHere({ directory, durable: false });
    await query(app.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await query(app.url, 'CHECKPOINT');
    process.kill(await postmasterPid(app.dataDirectory), 'SIGSTOP');
    await app.stop();
    expect(await serverProcesses(directory)).toEqual([]);
    const next = await startHere({ directory, durable: false });
    expect(await query(next.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await next.stop();
  });
});
