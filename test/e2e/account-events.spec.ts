import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { describeOverLinks, type TestProduct } from '../support/over-links.js';
import { tokenIn, type Person } from '../support/people.js';
import type { RestAnswer } from '../support/rest-client.js';

/** Notes what is written, before anybody can deliver it, with the transaction that wrote it. */
const NOTE = `
  CREATE TABLE noted (what text, request_id text, subject text, data jsonb, tx xid8 DEFAULT pg_current_xact_id());
  CREATE FUNCTION note_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO noted SELECT NEW.body->>'type', NEW.correlation_id, NEW.subject, NEW.body->'data'; RETURN NULL;
  END $$;
  CREATE FUNCTION note_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO noted SELECT NEW.action, NEW.request_id; RETURN NULL;
  END $$;
  CREATE TRIGGER tr_note AFTER INSERT ON outbox FOR EACH ROW WHEN (NEW.kind = 'event') EXECUTE FUNCTION note_event();
  CREATE TRIGGER tr_note AFTER INSERT ON audit_logs FOR EACH ROW EXECUTE FUNCTION note_audit()`;

interface Scene {
  readonly product: TestProduct;
  readonly ada: Person;
  readonly admin: Person;
  /** Sends the request whose traces are looked at. */
  send(method: string, path: string, body?: object, by?: Person): Promise<RestAnswer>;
}

type Act = (scene: Scene) => Promise<RestAnswer>;
const user = ({ ada }: Scene, path = ''): string => `/api/v1/users/${ada.id}${path}`;

/** The types of the contract, written out here: one that is lost in the code is missed. */
const ACTS: readonly [event: string, audit: string, act: Act, data?: object][] = [
  [
    'auth.login_succeeded',
    'LOGIN_SUCCEEDED',
    ({ ada: { email, password }, send }) => send('POST', '/api/v1/auth/login', { email, password }),
    { session_id: expect.any(String) },
  ],
  [
    'auth.login_failed',
    'LOGIN_FAILED',
    ({ ada: { email }, send }) => send('POST', '/api/v1/auth/login', { email, password: 'Wr0ng-Trombone' }),
  ],
  [
    'auth.logged_out',
    'LOGGED_OUT',
    ({ ada, send }) => send('POST', '/api/v1/auth/logout', undefined, ada),
    { session_id: expect.any(String) },
  ],
  [
    'auth.logged_out',
    'LOGGED_OUT_ALL',
    ({ ada, send }) => send('POST', '/api/v1/auth/logout-all', undefined, ada),
    { session_id: expect.any(String) },
  ],
  [
    'auth.token_reuse_detected',
    'TOKEN_REUSE_DETECTED',
    async ({ ada, product, send }) => {
      const body = { refresh_token: ada.refreshToken };
      await product.rest.post('/api/v1/auth/refresh', body);
      return send('POST', '/api/v1/auth/refresh', body);
    },
    { session_id: expect.any(String) },
  ],
  [
    'auth.password_changed',
    'PASSWORD_CHANGED',
    ({ ada, send }) =>
      send(
        'POST',
        '/api/v1/auth/change-password',
        { current_password: ada.password, new_password: 'Sackbut-Quintet-8' },
        ada,
      ),
  ],
  [
    'auth.password_changed',
    'PASSWORD_RESET',
    async ({ ada, product, send }) => {
      await product.rest.post('/api/v1/auth/forgot-password', { email: ada.email });
      const token = tokenIn(await product.mails.to(ada.email, 'Set a new password'));
      return send('POST', '/api/v1/auth/reset-password', { token, new_password: 'Sackbut-Quintet-8' });
    },
  ],
  [
    'auth.password_reset_requested',
    'PASSWORD_RESET_REQUESTED',
    ({ ada: { email }, send }) => send('POST', '/api/v1/auth/forgot-password', { email }),
  ],
  [
    'auth.email_verified',
    'EMAIL_VERIFIED',
    async ({ ada, product, send }) => {
      const token = tokenIn(await product.mails.to(ada.email, 'Verify your e-mail address'));
      return send('POST', '/api/v1/auth/verify-email', { token });
    },
  ],
  [
    'user.updated',
    'USER_UPDATED',
    (scene) => scene.send('PATCH', user(scene), { name: 'Countess' }, scene.ada),
    { fields: ['name'] },
  ],
  [
    'user.role_changed',
    'USER_ROLE_CHANGED',
    (scene) => scene.send('PATCH', user(scene, '/role'), { role: 'moderator' }, scene.admin),
    { from: 'user', to: 'moderator' },
  ],
  [
    'user.status_changed',
    'USER_STATUS_CHANGED',
    (scene) => scene.send('PATCH', user(scene, '/status'), { status: 'suspended' }, scene.admin),
    { from: 'pending_verification', to: 'suspended' },
  ],
  [
    'user.status_changed',
    'USER_UNLOCKED',
    async (scene) => {
      const { admin, product, send } = scene;
      const body = { status: 'locked' };
      await product.rest.send('PATCH', user(scene, '/status'), { token: admin.token, body });
      return send('POST', user(scene, '/unlock'), undefined, admin);
    },
    { from: 'locked', to: 'active' },
  ],
  ['user.deleted', 'USER_DELETED', (scene) => scene.send('DELETE', user(scene), undefined, scene.admin)],
  [
    'user.restored',
    'USER_RESTORED',
    async (scene) => {
      const { admin, product, send } = scene;
      await product.rest.send('DELETE', user(scene), { token: admin.token });
      return send('POST', user(scene, '/restore'), undefined, admin);
    },
  ],
];

describeOverLinks('the events of accounts', (product) => {
  let database: pg.Client;
  beforeAll(async () => {
    database = new pg.Client({ connectionString: product().app.database.url });
    await database.connect();
    await database.query(NOTE);
  });
  // Undefined when the product did not start.
  afterAll(() => (database as pg.Client | undefined)?.end());

  const noted = async (requestId: string, what: string) =>
    (
      await database.query('SELECT subject, data, tx FROM noted WHERE request_id = $1 AND what = $2', [
        requestId,
        what,
      ])
    ).rows as { subject: string | null; data: object | null; tx: string }[];

  const setTheScene = async (requestId: string): Promise<Scene> => ({
    product: product(),
    ada: await product().people.newcomer(),
    admin: await product().people.withRole('admin'),
    send: (method, path, body, by) =>
      product().rest.send(method, path, {
        headers: { 'x-request-id': requestId },
        ...(body && { body }),
        ...(by && { token: by.token }),
      }),
  });

  it.each(ACTS)('%s is written with %s in one transaction', async (event, audit, act, data = {}) => {
    const requestId = randomUUID();
    const scene = await setTheScene(requestId);
    expect((await act(scene)).status).toBeLessThan(500);
    const [[told], [recorded]] = [await noted(requestId, event), await noted(requestId, audit)];
    expect(told).toMatchObject({ subject: `user:${scene.ada.id}`, data: { user_id: scene.ada.id, ...data } });
    expect(recorded?.tx).toBe(told!.tx);
  });

  it.each([
    ['/api/v1/auth/register', 'USER_REGISTERED', ['auth.user_registered', 'user.created']],
    ['/api/v1/users', 'USER_CREATED', ['user.created']],
  ])('POST %s is written with %s in one transaction', async (path, audit, events) => {
    const requestId = randomUUID();
    const { admin, product: running, send } = await setTheScene(requestId);
    const person = { name: 'Grace', email: running.people.newEmail() };
    const isPublic = path.endsWith('register');
    const made = await (isPublic
      ? send('POST', path, { ...person, password: 'Tr0mbone-Quartet' })
      : send('POST', path, person, admin));
    expect(made.status).toBe(201);
    const [recorded] = await noted(requestId, audit);
    for (const event of events) {
      const [told] = await noted(requestId, event);
      expect(told).toMatchObject({ subject: `user:${made.body.id}`, data: { user_id: made.body.id } });
      expect(told!.tx).toBe(recorded!.tx);
    }
  });

  it('tells nothing of an act that was refused', async () => {
    const requestId = randomUUID();
    const { ada, admin, send } = await setTheScene(requestId);
    await send('PATCH', `/api/v1/users/${admin.id}/role`, { role: 'user' }, ada);
    await send('PATCH', `/api/v1/users/${ada.id}/status`, { status: 'deleted' }, admin);
    const { rows } = await database.query('SELECT what FROM noted WHERE request_id = $1', [requestId]);
    expect(rows).toEqual([]);
  });
});
