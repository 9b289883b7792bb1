import pg from 'pg';
import { SUPERUSER } from './cluster.js';
import { EmbeddedServerError } from './embedded-server.error.js';

/**
 * Proves that the server answers to our password and creates the database when it is missing.
 *
 * @returns the URL of the database
 * @throws EmbeddedServerError when the password is not the server's
 */
export async function ensureDatabase(port: number, password: string, database: string): Promise<string> {
  const server = `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}`;
  const client = new pg.Client({ connectionString: `${server}/postgres`, connectionTimeoutMillis: 10_000 });
  // The server may be killed while we are connected; what matters then is the failing query.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') throw error;
    throw new EmbeddedServerError(
      'The embedded PostgreSQL does not accept the password kept beside its data: restore that file, or remove the folder to begin with an empty database.',
    );
  } finally {
    await client.end().catch(() => undefined);
  }
  return `${server}/${encodeURIComponent(database)}`;
}
