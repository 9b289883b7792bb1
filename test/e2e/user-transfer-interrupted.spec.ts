import { request } from 'node:http';
import pg from 'pg';
import type { UserImport } from '../../src/users/dto/user-import.dto.js';
import { UserImportService } from '../../src/users/user-import.service.js';
import { eventually } from '../support/eventually.js';
import { describeOverLinks, type TestProduct } from '../support/over-links.js';
import type { Person } from '../support/people.js';
import { problemOf, type Json, type RestAnswer } from '../support/rest-client.js';

/** As the relay holds it while it delivers events: whoever has it keeps them in the outbox. */
const EVENTS_LOCK = 7_239_043;
/** Rows of a chunk, and how many are imported before an import waits for the relay. */
const CHUNK = 500;
const BEFORE_WAITING = 3 * CHUNK;
const ROWS = 5 * CHUNK;

let series = 0;
/** A file of so many accounts that nobody has. */
function fileOf(rows: number): string {
  const mark = `bulk-${++series}`;
  const lines = Array.from({ length: rows }, (_, row) => `Bulk,${mark}-${row}@example.test`);
  return ['name,email', ...lines, ''].join('\n');
}

const upload = ({ rest }: TestProduct, token: string, raw: string): Promise<RestAnswer> =>
  rest.send('POST', '/api/v1/users/import', { token, headers: { 'content-type': 'text/csv' }, raw });

const running = ({ rest }: TestProduct, token: string, { body }: RestAnswer): Promise<Json> =>
  rest.get(`/api/v1/users/imports/${body.import_id}`, { token }).then((answer) => answer.body);

const reached = (product: TestProduct, token: string, accepted: RestAnswer, wanted: (run: Json) => boolean) =>
  eventually('the import is as wanted', async () => {
    const run = await running(product, token, accepted);
    return wanted(run) ? run : undefined;
  });

const completed = ({ state }: Json): boolean => state === 'COMPLETED';

/** A connection to the product's database, past the product. */
async function inDatabase<T>({ app }: TestProduct, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: app.database.url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const count = async (client: pg.Client, sql: string, values: unknown[] = []): Promise<number> =>
  (await client.query<{ count: number }>(`SELECT count(*)::int FROM ${sql}`, values)).rows[0]!.count;

/** Runs work while no event leaves the outbox; an import then comes as far as {@link BEFORE_WAITING}. */
const whileEventsWait = <T>(product: TestProduct, work: (client: pg.Client) => Promise<T>): Promise<T> =>
  inDatabase(product, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [EVENTS_LOCK]);
    return work(client);
  });

const service = ({ app }: TestProduct): UserImportService =>
  app.nest.get(UserImportService, { strict: false });

describeOverLinks('an import that is interrupted', (product) => {
  const held = async (importer: Person): Promise<RestAnswer> => {
    const accepted = await upload(product(), importer.token, fileOf(ROWS));
    await reached(
      product(),
      importer.token,
      accepted,
      ({ processed, state }) => processed === BEFORE_WAITING && state === 'RUNNING',
    );
    return accepted;
  };

  it('waits while events wait, lets jobs pass, and is STOPPED when its importer is demoted', async () => {
    const { people, rest, mails } = product();
    const [importer, chief] = [await people.appoint('admin'), await people.withRole('super_admin')];
    const accepted = await whileEventsWait(product(), async () => {
      const waiting = await held(importer);
      const { email } = await people.withRole('user');
      await rest.post('/api/v1/auth/forgot-password', { email });
      await mails.to(email, 'Set a new password');
      await rest.send('PATCH', `/api/v1/users/${importer.id}/role`, {
        token: chief.token,
        body: { role: 'user' },
      });
      return waiting;
    });
    const run = await reached(product(), chief.token, accepted, ({ state }) => state !== 'RUNNING');
    expect(run).toMatchObject({ state: 'STOPPED', processed: BEFORE_WAITING, created: BEFORE_WAITING });
    await inDatabase(product(), async (client) => {
      const id = run.id as string;
      expect(await count(client, 'user_import_chunks WHERE import_id = $1', [id])).toBe(0);
      const ended = `audit_logs WHERE action = 'USERS_IMPORT_ENDED' AND target_id = $1 AND details->>'state' = 'STOPPED'`;
      expect(await count(client, ended, [id])).toBe(1);
    });
  });

  it('keeps its account from another one, which others may begin', async () => {
    const { people } = product();
    const [importer, other] = [await people.appoint('admin'), await people.withRole('admin')];
    const first = await whileEventsWait(product(), async () => {
      const waiting = await held(importer);
      expect(problemOf(await upload(product(), importer.token, fileOf(1)))).toEqual([
        409,
        'CONFLICT',
        { '': 'IMPORT_UNFINISHED' },
      ]);
      expect((await upload(product(), other.token, fileOf(1))).status).toBe(202);
      return waiting;
    });
    await reached(product(), importer.token, first, completed);
    const next = await upload(product(), importer.token, fileOf(1));
    await reached(product(), importer.token, next, completed);
  });

  it('that FAILED is on record, in nobody’s way, and goes on where it stopped', async () => {
    const importer = await product().people.appoint('admin');
    const failed = await whileEventsWait(product(), async (client) => {
      const waiting = await held(importer);
      const id = waiting.body.import_id as string;
      expect(await service(product()).giveUp(id)).toMatchObject({
        state: 'FAILED',
        processed: BEFORE_WAITING,
      });
      const ended = `audit_logs WHERE action = 'USERS_IMPORT_ENDED' AND target_id = $1 AND details->>'state' = 'FAILED'`;
      expect(await count(client, ended, [id])).toBe(1);
      expect((await upload(product(), importer.token, fileOf(1))).status).toBe(202);
      return waiting;
    });
    const run = await reached(product(), importer.token, failed, completed);
    expect(run).toMatchObject({ processed: ROWS, created: ROWS, refused: 0 });
  });

  it('makes each account once when several workers take the same chunk', async () => {
    const importer = await product().people.appoint('admin');
    const accepted = await whileEventsWait(product(), async () => {
      const waiting = await held(importer);
      const id = waiting.body.import_id as string;
      const seen: UserImport[] = await Promise.all(
        Array.from({ length: 4 }, () => service(product()).advance(id)),
      );
      expect(Math.max(...seen.map(({ processed }) => processed))).toBeGreaterThan(BEFORE_WAITING);
      return waiting;
    });
    const run = await reached(product(), importer.token, accepted, completed);
    expect(run).toMatchObject({ processed: ROWS, created: ROWS, refused: 0 });
    await inDatabase(product(), async (client) => {
      const made = `user_import_rows r JOIN users u ON u.id = r.user_id WHERE r.import_id = $1`;
      expect(await count(client, made, [run.id])).toBe(ROWS);
      const recorded = `audit_logs WHERE action = 'USER_CREATED' AND details->>'import_id' = $1`;
      expect(await count(client, recorded, [run.id])).toBe(ROWS);
    });
  });

  it('leaves nothing when its client goes in the middle of the file', async () => {
    const { app, people } = product();
    const { token } = await people.withRole('admin');
    await inDatabase(product(), async (client) => {
      const sent = request(`${app.restUrl}/api/v1/users/import`, {
        method: 'POST',
        headers: { 'content-type': 'text/csv', authorization: `Bearer ${token}` },
      });
      sent.on('error', () => undefined);
      sent.write(fileOf(20_000));
      const staged = (): Promise<number> => count(client, 'user_import_chunks');
      await eventually('rows are staged', async () => ((await staged()) > 0 ? true : undefined));
      sent.destroy();
      await eventually('nothing is left', async () => ((await staged()) === 0 ? true : undefined));
      expect(await count(client, `user_imports WHERE state = 'UPLOADING'`)).toBe(0);
    });
  });

  it('may no more than the API key that brought the file', async () => {
    const { people, rest } = product();
    const admin = await people.withRole('admin');
    const key = await people.keyOf(admin, 'users:import');
    const emails = [people.newEmail(), people.newEmail()];
    const file = `name,email,role\nA,${emails[0]},user\nB,${emails[1]},moderator\n`;
    const accepted = await upload(product(), key.token, file);
    const run = await reached(product(), key.token, accepted, completed);
    expect(run).toMatchObject({ created: 1, refused: 1 });
    const { text } = await rest.get(`/api/v1/users/imports/${run.id}/report`, { token: key.token });
    expect(JSON.parse(text)).toMatchObject({ row: 2, code: 'ROLE_ABOVE_OWN' });
    const recorded = `audit_logs WHERE action = 'USER_CREATED' AND details->>'import_id' = $1 AND details->>'actor_key_id' = $2`;
    await inDatabase(product(), async (client) =>
      expect(await count(client, recorded, [run.id, key.id])).toBe(1),
    );
    const reader = await people.keyOf(admin, 'users:export');
    expect(await upload(product(), reader.token, fileOf(1))).toMatchObject({ status: 403 });
  });

  it('is forgotten when it was never finished, or finished long ago', async () => {
    const importer = await product().people.appoint('admin');
    const ids: string[] = [];
    for (let times = 0; times < 3; times++) {
      const accepted = await upload(product(), importer.token, fileOf(1));
      ids.push(((await reached(product(), importer.token, accepted, completed)) as { id: string }).id);
    }
    await inDatabase(product(), async (client) => {
      const left = async () => {
        const { rows } = await client.query<{ id: string }>(
          'SELECT id FROM user_imports WHERE id = ANY($1::uuid[])',
          [ids],
        );
        return rows.map(({ id }) => id);
      };
      await client.query(
        `UPDATE user_imports SET state = 'UPLOADING', updated_at = now() - interval '25 hours' WHERE id = $1`,
        [ids[0]],
      );
      await client.query(`UPDATE user_imports SET updated_at = now() - interval '15 days' WHERE id = $1`, [
        ids[1],
      ]);
      await service(product()).prune();
      expect(await left()).toEqual([ids[2]]);
      expect(await count(client, 'user_import_rows WHERE import_id = $1', [ids[1]])).toBe(0);
    });
  });
});

describeOverLinks('a running export', (product) => {
  beforeAll(() =>
    // More than lies in the buffers between two processes.
    inDatabase(product(), (client) =>
      client.query(
        `INSERT INTO users (id, name, email, role, status, metadata, sync_status)
         SELECT gen_random_uuid(), 'Much', 'much-' || n || '@example.test', 'user', 'active',
           jsonb_build_object('ballast', repeat('x', 12000)), 'SYNCED' FROM generate_series(1, 3000) AS n`,
      ),
    ),
  );

  // What comes after the suite reads every table.
  afterAll(() =>
    inDatabase(product(), (client) => client.query(`DELETE FROM users WHERE email LIKE 'much-%'`)),
  );

  type End = (person: Person, chief: Person) => Promise<RestAnswer>;
  const patched =
    (what: string, body: object): End =>
    ({ id }, { token }) =>
      product().rest.send('PATCH', `/api/v1/users/${id}/${what}`, { token, body });
  it.each<[string, End]>([
    [
      'the caller signs out',
      ({ token, refreshToken: refresh_token }) =>
        product().rest.post('/api/v1/auth/logout', { refresh_token }, { token }),
    ],
    ['the caller is suspended', patched('status', { status: 'suspended' })],
    ['the caller is demoted', patched('role', { role: 'moderator' })],
  ])('breaks off when %s', async (_what, end) => {
    const { people, app } = product();
    const [person, chief] = [await people.appoint('admin'), await people.withRole('super_admin')];
    const answer = await fetch(`${app.restUrl}/api/v1/users/export`, {
      headers: { authorization: `Bearer ${person.token}` },
    });
    const reader = answer.body!.getReader();
    await reader.read();
    expect([200, 204]).toContain((await end(person, chief)).status);
    await expect(readOn(reader)).rejects.toThrow();
  });

  it('breaks off when the API key is revoked', async () => {
    const { people, app, rest } = product();
    const admin = await people.withRole('admin');
    const key = await people.keyOf(admin, 'users:export');
    const answer = await fetch(`${app.restUrl}/api/v1/users/export`, {
      headers: { authorization: `Bearer ${key.token}` },
    });
    const reader = answer.body!.getReader();
    await reader.read();
    const revoked = await rest.send('DELETE', `/api/v1/auth/api-keys/${key.id}`, { token: admin.token });
    expect(revoked.status).toBe(204);
    await expect(readOn(reader)).rejects.toThrow();
  });
});

async function readOn(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}
