import pg from 'pg';
import { startProduct } from '../support/over-links.js';
import type { Json, RestAnswer } from '../support/rest-client.js';

// A product of its own: a trigger in its database is to be in nobody's way.
describe('an act and its entry in the audit log are one transaction', () => {
  let product: Awaited<ReturnType<typeof startProduct>>;
  let client: pg.Client;
  beforeAll(async () => {
    product = await startProduct();
    client = new pg.Client({ connectionString: product.app.database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await product.stop();
  });
  afterEach(async () => {
    await client.query('DROP TRIGGER IF EXISTS full_disk ON audit_logs');
    await client.query('DROP TRIGGER IF EXISTS full_disk ON users');
  });

  /** From now on every write to this table fails, as late as it can: after the statements before it. */
  async function fill(table: 'audit_logs' | 'users', when: string): Promise<void> {
    await client.query(`CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$`);
    await client.query(
      `CREATE CONSTRAINT TRIGGER full_disk AFTER ${when} ON ${table} DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION full_disk()`,
    );
  }

  /** Everything that an act may write, as it is now. */
  async function written(): Promise<Json> {
    const { rows } = await client.query(`SELECT
      (SELECT count(*)::integer FROM audit_logs) AS entries,
      (SELECT count(*)::integer FROM users) AS users,
      (SELECT count(*)::integer FROM sessions WHERE revoked_at IS NULL) AS sessions,
      (SELECT count(*)::integer FROM api_keys) AS keys,
      (SELECT count(*)::integer FROM jobs WHERE type = 'queue.prune_records' AND correlation_id LIKE 'by-hand%') AS jobs,
      (SELECT md5(string_agg(u.id || u.name || u.role || u.status || u.version || coalesce(u.password_hash, ''), ',' ORDER BY u.id))
         FROM users u) AS accounts`);
    return rows[0];
  }

  const headers = { 'x-request-id': 'by-hand' };

  it('undoes each act whose entry cannot be written', async () => {
    const { people, rest } = product;
    const admin = await people.withRole('admin');
    const ada = await people.newcomer();
    const lost = await people.newcomer();
    const path = `/api/v1/users/${ada.id}`;
    const change = { current_password: lost.password, new_password: 'Louder-Lantern-43' };
    const token = admin.token;
    const acts: [string, () => Promise<RestAnswer>][] = [
      ['sign up', () => rest.post('/api/v1/auth/register', { ...registration(), password: lost.password })],
      ['sign in', () => rest.post('/api/v1/auth/login', { email: lost.email, password: lost.password })],
      ['sign out', () => rest.post('/api/v1/auth/logout', undefined, { token: lost.token })],
      ['sign out everywhere', () => rest.post('/api/v1/auth/logout-all', undefined, { token: lost.token })],
      ['change a password', () => rest.post('/api/v1/auth/change-password', change, { token: lost.token })],
      ['make a key', () => rest.post('/api/v1/auth/api-keys', { name: 'k', scopes: [] }, { token })],
      ['make an account', () => rest.post('/api/v1/users', registration(), { token })],
      ['rename', () => rest.send('PATCH', path, { token, body: { name: 'Countess' } })],
      ['give a role', () => rest.send('PATCH', `${path}/role`, { token, body: { role: 'moderator' } })],
      ['suspend', () => rest.send('PATCH', `${path}/status`, { token, body: { status: 'suspended' } })],
      ['delete', () => rest.send('DELETE', path, { token })],
      ['enqueue', () => rest.post('/api/v1/jobs/jobs', { type: 'queue.prune_records' }, { token, headers })],
    ];
    const before = await written();
    await fill('audit_logs', 'INSERT');
    for (const [name, act] of acts) {
      const { status } = await act();
      expect([name, status, await written()]).toEqual([name, expect.any(Number), before]);
      expect([name, status >= 500]).toEqual([name, true]);
    }
  });

  it('leaves no entry of an act that fails', async () => {
    const { people, rest } = product;
    const admin = await people.withRole('admin');
    const ada = await people.newcomer();
    const path = `/api/v1/users/${ada.id}`;
    const { token } = admin;
    const before = await written();
    await fill('users', 'INSERT OR UPDATE');
    for (const act of [
      () => rest.post('/api/v1/users', registration(), { token }),
      () => rest.send('PATCH', path, { token, body: { name: 'Countess' } }),
      () => rest.send('PATCH', `${path}/role`, { token, body: { role: 'moderator' } }),
      () => rest.send('DELETE', path, { token }),
    ]) {
      expect((await act()).status).toBeGreaterThanOrEqual(500);
      expect(await written()).toEqual(before);
    }
  });

  let made = 0;
  const registration = () => ({ name: 'Grace Hopper', email: `grace-${++made}@example.test` });
});
