import { readFile, stat } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { jest } from '@jest/globals';
import { join } from 'node:path';
import { holdEmbeddedServer } from '../../src/platform/database/embedded/index.js';
import { postmasterPid, query, serverProcesses, startApp, startHere } from '../support/embedded-process.js';
import { scratchDirectory } from '../support/run-directory.js';

jest.setTimeout(120_000);

async function newFolder(): Promise<string> {
  return join(await scratchDirectory('lifecycle'), 'postgres');
}

describe('the embedded PostgreSQL', () => {
  it('keeps its data, its port and its password from one start to the next', async () => {
    const directory = await newFolder();
    const first = await startHere({ directory });
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await startHere({ directory });
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(second).toMatchObject({ url: first.url, port: first.port, adopted: false });
    await second.stop();
  });

  it('leaves no process behind when it is stopped', async () => {
    const directory = await newFolder();
    const app = await startHere({ directory });
    expect(await serverProcesses(directory)).not.toEqual([]);
    await app.stop();
    expect(await serverProcesses(directory)).toEqual([]);
  });

  it('cuts an open session when it is stopped', async () => {
    const directory = await newFolder();
    const app = await startHere({ directory, durable: false });
    const sleeping = query(app.url, 'SELECT pg_sleep(600)').catch(
      (error: unknown) => (error as { code?: string }).code,
    );
    await app.stop();
    expect(['57P01', 'ECONNRESET', undefined]).toContain(await sleeping);
    expect(await serverProcesses(directory)).toEqual([]);
  });

  it('listens on the loopback address alone, without a socket file', async () => {
    const app = await startHere({ directory: await newFolder(), durable: false });
    const [settings] = await query(
      app.url,
      `SELECT current_setting('listen_addresses') AS listen, current_setting('unix_socket_directories') AS sockets`,
    );
    expect(settings).toEqual({ listen: '127.0.0.1', sockets: '' });
    await app.stop();
  });

  it('stores UTF-8 with checksums, sorts alike on every system and flushes each commit to disk', async () => {
    const app = await startHere({ directory: await newFolder() });
    const [database] = await query(
      app.url,
      `SELECT pg_encoding_to_char(encoding) AS encoding, datlocprovider AS provider, datlocale AS locale,
              current_setting('data_checksums') AS checksums, current_setting('fsync') AS fsync,
              current_setting('synchronous_commit') AS commit, lower('ÄÉΩ') AS folded
         FROM pg_database WHERE datname = current_database()`,
    );
    expect(database).toEqual({
      encoding: 'UTF8',
      provider: 'b',
      locale: 'C.UTF-8',
      checksums: 'on',
      fsync: 'on',
      commit: 'on',
      folded: 'äéω',
    });
    await app.stop();
  });

  it('asks for its password, which only the owner can read', async () => {
    const directory = await newFolder();
    const app = await startHere({ directory, durable: false });
    const guess = new URL(app.url);
    guess.password = 'postgres';
    await expect(query(guess.toString(), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(join(directory, 'password'))).mode & 0o777).toBe(0o600);
    expect((await stat(app.dataDirectory)).mode & 0o777).toBe(0o700);
    await app.stop();
  });

  it('runs in a session of its own, which a Ctrl-C in the terminal does not reach', async () => {
    const app = await startHere({ directory: await newFolder(), durable: false });
    const pid = await postmasterPid(app.dataDirectory);
    const session = await sessionOf(pid);
    expect(session).toBe(pid);
    expect(session).not.toBe(await sessionOf(process.pid));
    await app.stop();
  });

  it('admits as many connections as asked for, also when it is left running with fewer', async () => {
    const directory = await newFolder();
    const app = await startApp({ directory, durable: false, maxConnections: 20 });
    await app.kill();
    const next = await startHere({ directory, durable: false, maxConnections: 30 });
    expect(next.lines).toEqual(['The embedded PostgreSQL runs with other settings: restarting it']);
    expect(await query(next.url, 'SHOW max_connections')).toEqual([{ max_connections: '30' }]);
    await next.stop();
  });
});

describe('several uses in one process', () => {
  it('share the server, which the last one to stop ends', async () => {
    const directory = await newFolder();
    const first = await startHere({ directory, durable: false });
    const second = await startHere({ directory, durable: false, database: 'another' });
    expect(second).toMatchObject({ adopted: true, port: first.port });
    expect(await query(second.url, 'SELECT current_database() AS name')).toEqual([{ name: 'another' }]);
    await first.stop();
    await first.stop();
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.stop();
    expect(await serverProcesses(directory)).toEqual([]);
  });

  it('leave it as it is when one of them would have other settings', async () => {
    const directory = await newFolder();
    const first = await startHere({ directory, durable: false, maxConnections: 20 });
    const second = await startHere({ directory, durable: false, maxConnections: 30 });
    expect(await query(second.url, 'SHOW max_connections')).toEqual([{ max_connections: '20' }]);
    await Promise.all([first.stop(), second.stop()]);
    expect(await serverProcesses(directory)).toEqual([]);
  });

  it('that only hold it keep it running, and start nothing', async () => {
    const directory = await newFolder();
    const hold = await holdEmbeddedServer(directory);
    expect(await serverProcesses(directory)).toEqual([]);
    await (await startHere({ directory, durable: false })).stop();
    expect(await serverProcesses(directory)).not.toEqual([]);
    await hold.release();
    expect(await serverProcesses(directory)).toEqual([]);
  });
});

describe('a port that is in use', () => {
  let other: Server;
  let port: number;

  async function occupy(wanted: number): Promise<void> {
    other = createServer().listen(wanted, '127.0.0.1');
    await once(other, 'listening');
    port = (other.address() as AddressInfo).port;
  }

  afterEach(() => new Promise((resolve) => other.close(resolve)));

  it('is refused with one sentence when it was asked for', async () => {
    const directory = await newFolder();
    await occupy(0);
    await expect(startHere({ directory, port, durable: false })).rejects.toThrow(
      `EmbeddedServerError: Port ${port} on 127.0.0.1, meant for the embedded PostgreSQL, is in use: end the program that has it, or choose another port.`,
    );
    expect(await serverProcesses(directory)).toEqual([]);
  });

  it('is exchanged for a free one when it was only the port of the last start', async () => {
    const directory = await newFolder();
    const first = await startHere({ directory, durable: false });
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    await occupy(first.port);
    const second = await startHere({ directory, durable: false });
    expect(second.port).not.toBe(first.port);
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await second.stop();
  });
});

async function sessionOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)!.split(' ');
  return Number(fields[3]);
}
