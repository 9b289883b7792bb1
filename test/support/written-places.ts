import pg from 'pg';
import type { Place } from './used-secrets.js';

/** Tables that keep hashes, for that is how secrets are kept. */
const KEEP_HASHES = new Set([
  'users',
  'sessions',
  'refresh_tokens',
  'password_tokens',
  'account_tokens',
  'api_keys',
]);

/** Every row of every table, as JSON: audit log, outbox, job records, the queue's own tables, and whatever is added. */
export async function rowsOf(url: string): Promise<Place[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ schema: string; name: string }>(
      `SELECT schemaname AS schema, tablename AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const places: Place[] = [];
    for (const { schema, name } of tables) {
      const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
      const { rows } = await client.query<{ text: string }>(
        `SELECT row_to_json(t)::text AS text FROM ${table} AS t`,
      );
      const text = rows.map((row) => row.text).join('\n');
      places.push({ name: `the table ${name}`, text, keepsHashes: KEEP_HASHES.has(name) });
    }
    return places;
  } finally {
    await client.end();
  }
}

/** What a process wrote, line by line. Those that are no JSON are meant for a terminal. */
export function linesOf(output: string, name = 'the log'): { all: Place[]; atInfo: Place[] } {
  const all = output
    .split('\n')
    .filter((line) => line !== '')
    .map((text, index) => ({ name: `${name}, line ${index + 1}${summaryOf(text)}`, text }));
  return { all, atInfo: all.filter(({ text }) => isAtInfo(text)) };
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    return line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** What helps to find the place in the source: the level and the logger; the message might be the leak. */
function summaryOf(line: string): string {
  const { level, context, route } = parsed(line) ?? {};
  return level === undefined
    ? ''
    : ` (${[level, context, route].filter((each) => typeof each === 'string').join(', ')})`;
}

function isAtInfo(line: string): boolean {
  const level = parsed(line)?.['level'];
  return typeof level === 'string' && level !== 'trace' && level !== 'debug';
}
