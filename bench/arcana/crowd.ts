import { join } from 'node:path';
import pg from 'pg';
import { projectRoot } from '../../src/platform/config/project-root.ts';
import type { Stage } from '../harness/scenario.ts';
import { ACCOUNT, register, signIn } from './account.ts';
import type { Arcana } from './start.ts';

/** How many accounts and sessions a database holds. */
export interface Crowd {
  users: number;
  sessions: number;
}

/** The part of the build's embedded server that is used here; it has types of its own only once it is built. */
interface Embedded {
  startEmbeddedServer(options: {
    directory: string;
    database: string;
  }): Promise<{ url: string; stop(): Promise<void> }>;
}

const emailOf = (user: number): string => `crowd-${user}@example.com`;

/**
 * Fills the database of a running product with accounts and sessions, all alive, and with random ids, which are the hardest
 * for an index. The accounts have the password of the bench's own, which is made here.
 *
 * @returns access tokens of `speakers` accounts, signed in one after the other and lying far apart
 */
export async function gatherCrowd(
  stage: Stage,
  arcana: Arcana,
  { users, sessions }: Crowd,
  speakers: number,
): Promise<string[]> {
  await register(arcana);
  const build = `${projectRoot()}/dist/src/platform/database/embedded/index.js`;
  const embedded = (await import(build)) as Embedded;
  // The product's own server: whoever names its folder joins it.
  const server = await embedded.startEmbeddedServer({
    directory: join(arcana.directory, 'postgres'),
    database: 'arcana',
  });
  stage.defer(() => server.stop());
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    // Rows made here refer to rows made here: looking up each of them would take longer than all the rest.
    await client.query('SET session_replication_role = replica');
    await client.query('SET synchronous_commit = off');
    await client.query(`SET maintenance_work_mem = '256MB'`);
    // Sorting each row into them takes longer than making them at the end.
    const { rows } = await client.query<{ indexname: string; indexdef: string }>(
      `SELECT indexname, indexdef FROM pg_indexes JOIN pg_index ON indexrelid = indexname::regclass
       WHERE tablename IN ('users', 'sessions') AND NOT indisunique`,
    );
    await client.query(`DROP INDEX ${rows.map(({ indexname }) => indexname).join(', ')}`);
    await client.query(
      `INSERT INTO users (id, name, email, role, status, email_verified, password_hash, created_at)
       SELECT gen_random_uuid(), 'Crowd ' || n, 'crowd-' || n || '@example.com', 'user', 'active', true,
         (SELECT password_hash FROM users WHERE email = $1), now() - n * interval '1 second'
       FROM generate_series(1, $2::integer) AS n`,
      [ACCOUNT.email, users],
    );
    await client.query(
      `INSERT INTO sessions (id, user_id, access_epoch, absolute_expires_at)
       SELECT gen_random_uuid(), id, access_epoch, now() + interval '1 day'
       FROM users CROSS JOIN generate_series(1, $1::integer) WHERE email LIKE 'crowd-%'`,
      [Math.round(sessions / users)],
    );
    for (const { indexdef } of rows) await client.query(indexdef);
    await client.query('VACUUM (ANALYZE) users');
    await client.query('VACUUM (ANALYZE) sessions');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
  const tokens: string[] = [];
  for (let speaker = 0; speaker < speakers; speaker++) {
    tokens.push(await signIn(arcana, emailOf(1 + Math.floor((speaker * users) / speakers))));
  }
  return tokens;
}
