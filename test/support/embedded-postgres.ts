import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedServer } from '../../src/platform/database/embedded/index.js';
import { runDirectory } from './run-directory.js';

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Removes it, cutting whoever is still connected. */
  drop(): Promise<void>;
}

/**
 * A database of one's own on the run's server, so that spec files run side by side.
 *
 * @param options.template a database to copy, as made by `ensureTemplateDatabase`; much quicker than migrating each time
 */
export async function createTestDatabase(options: { template?: string } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const template = options.template ? ` TEMPLATE ${pg.escapeIdentifier(options.template)}` : '';
  await onServer((client) => client.query(`CREATE DATABASE ${name}${template}`));
  return {
    name,
    url: await databaseUrl(name),
    drop: () =>
      onServer(async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

/**
 * Makes a database to copy from, once per run whoever asks first; the others wait for it.
 *
 * @param prepare fills it (runs the migrations) and closes its connections
 * @returns the name, for `createTestDatabase`
 */
export async function ensureTemplateDatabase(
  name: string,
  prepare: (url: string) => Promise<void>,
): Promise<string> {
  const identifier = pg.escapeIdentifier(name);
  await onServer(async (client) => {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
    const { rows } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate', [
      name,
    ]);
    if (rows.length > 0) return;
    // One that is not marked was left by a prepare() that failed.
    await client.query(`DROP DATABASE IF EXISTS ${identifier} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${identifier}`);
    await prepare(await databaseUrl(name));
    // A template that somebody is connected to cannot be copied.
    await client.query(`ALTER DATABASE ${identifier} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true`);
    await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  });
  return name;
}

/** URL of a database on the run's server. */
async function databaseUrl(name: string): Promise<string> {
  const url = new URL(await serverUrl());
  url.pathname = `/${name}`;
  return url.toString();
}

let known: Promise<string> | undefined;

/**
 * The run's server: the one ARCANA_TEST_DATABASE_URL names, else an embedded one that the first to ask starts. It is not
 * stopped here: other spec files use it, and the reaper of the global set-up ends it.
 */
function serverUrl(): Promise<string> {
  return (known ??= findServer());
}

async function findServer(): Promise<string> {
  const given = process.env['ARCANA_TEST_DATABASE_URL'];
  if (given) return given;
  const noted = join(runDirectory(), 'postgres.url');
  const running = await readFile(noted, 'utf8').catch(() => null);
  if (running) return running;
  const directory = join(runDirectory(), 'postgres');
  const server = await startEmbeddedServer({
    directory,
    maxConnections: 300,
    durable: false,
    stopOnExit: false,
  });
  const draft = `${noted}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, server.url, { mode: 0o600 });
  await rename(draft, noted);
  return server.url;
}

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: await databaseUrl('postgres') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
