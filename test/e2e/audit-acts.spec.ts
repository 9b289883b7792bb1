import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/config/index.js';
import { actionsIn } from '../support/audited-actions.js';
import { eventually } from '../support/eventually.js';
import { describeOverLinks, startProduct } from '../support/over-links.js';
import type { Json } from '../support/rest-client.js';
import { ACCOUNT_ACTS } from './audit/accounts.js';
import { SIGN_IN_ACTS } from './audit/signing-in.js';
import { Stage } from './audit/stage.js';

// Every security-relevant act: a feature that audits one more adds its row here, or below where it needs a stage of its own.
const ACTS = [...ACCOUNT_ACTS, ...SIGN_IN_ACTS];
const ELSEWHERE = [
  'FIRST_SUPER_ADMIN_CREATED',
  'REGISTRATION_ATTEMPTED',
  'USERS_IMPORTED',
  'USERS_IMPORT_ENDED',
];

describe('the table of acts', () => {
  it('has a row for every action that the source audits, and for none that it does not', () => {
    const performed = new Set([...ACTS.map(([action]) => action), ...ELSEWHERE]);
    expect([...performed].sort()).toEqual(actionsIn('src'));
  });

  it('stands in docs/audit.md', () => {
    const guide = readFileSync(join(projectRoot(), 'docs/audit.md'), 'utf8');
    const told = [...guide.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, action]) => action!);
    expect(told.sort()).toEqual(actionsIn('src'));
  });
});

describeOverLinks('the audit log tells of', (product) => {
  async function rows(query: string): Promise<Json[]> {
    const { token } = await product().people.withRole('super_admin');
    return (await product().rest.get(`/api/v1/audit-logs?${query}`, { token })).body.data;
  }

  it.each(ACTS)('%s: %s', async (action, _what, route, perform) => {
    const stage = new Stage(product());
    const { actor, via, target, details } = await perform(stage);
    const isRest = route.includes(' ');
    expect(await rows(`request_id=${stage.requestId}`)).toEqual([
      {
        id: expect.any(String),
        occurred_at: expect.stringMatching(/Z$/),
        action,
        actor_id: actor,
        actor_via: actor === null ? null : (via ?? 'access_token'),
        target_id: target,
        details,
        request_id: stage.requestId,
        trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        ip: '127.0.0.1',
        user_agent: isRest ? stage.userAgent : expect.stringMatching(/^grpc-node-js/),
        route: isRest ? route : `/${route}`,
      },
    ]);
  });

  it('FIRST_SUPER_ADMIN_CREATED: the first start, by nobody and from nowhere', async () => {
    const { id, email } = await product().people.withRole('super_admin');
    expect(await rows('action=FIRST_SUPER_ADMIN_CREATED')).toMatchObject([
      {
        actor_id: null,
        target_id: id,
        details: { after: { email, role: 'super_admin' } },
        ip: null,
        route: null,
      },
    ]);
  });

  it('USERS_IMPORTED, each USER_CREATED and USERS_IMPORT_ENDED: a file of accounts, from the request to its end', async () => {
    const { people, rest } = product();
    const admin = await people.withRole('admin');
    const email = people.newEmail();
    const { body } = await rest.send('POST', '/api/v1/users/import?send_invitations=false', {
      token: admin.token,
      headers: { 'x-request-id': 'act.import', 'user-agent': 'audit-acts', 'content-type': 'text/csv' },
      raw: `name,email\nGrace Hopper,${email}\nNobody,none\n`,
    });
    const id = body.import_id as string;
    expect(await rows(`target_id=${id}&action=USERS_IMPORTED`)).toMatchObject([
      {
        actor_id: admin.id,
        actor_via: 'access_token',
        details: { format: 'csv', send_invitations: false },
        request_id: 'act.import',
        ip: '127.0.0.1',
        user_agent: 'audit-acts',
        route: 'POST /api/v1/users/import',
      },
    ]);
    const ended = await eventually('the import is over', async () => {
      const found = await rows(`target_id=${id}&action=USERS_IMPORT_ENDED`);
      return found.length > 0 ? found : undefined;
    });
    const figures = { state: 'COMPLETED', rows: 2, created: 1, refused: 1 };
    expect(ended).toMatchObject([{ details: figures, request_id: 'act.import' }]);
    expect(await rows('request_id=act.import&action=USER_CREATED')).toMatchObject([
      { details: { after: { name: 'Grace Hopper', email, role: 'user' }, import_id: id, row: 1 } },
    ]);
  });

  it('nothing that was refused before it was tried', async () => {
    const { people } = product();
    const [stage, ada, other] = [new Stage(product()), await people.newcomer(), await people.newcomer()];
    await stage.rest(403, 'DELETE', `/api/v1/users/${other.id}`, undefined, ada.token);
    await stage.rest(422, 'PATCH', `/api/v1/users/${ada.id}`, { role: 'admin' }, ada.token);
    await stage.rest(401, 'POST', '/api/v1/auth/refresh', { refresh_token: 'junk' });
    expect(await rows(`request_id=${stage.requestId}`)).toEqual([]);
  });
});

describe('where it is hidden who has an account', () => {
  let product: Awaited<ReturnType<typeof startProduct>>;
  beforeAll(async () => {
    product = await startProduct({
      ARCANA_SECURITY__REGISTRATION__HIDE_EXISTING: 'true',
      ARCANA_SECURITY__ALLOW_UNVERIFIED_SIGN_IN: 'false',
    });
  });
  afterAll(() => (product as typeof product | undefined)?.stop());

  it('REGISTRATION_ATTEMPTED: an address that is taken, told to administrators alone', async () => {
    const { people, rest } = product;
    const root = await people.withRole('super_admin');
    const body = { name: 'Somebody Else', email: root.email, password: 'Quiet-Lantern-42' };
    const headers = { 'x-request-id': 'attempt', 'user-agent': 'audit-acts' };
    await rest.post('/api/v1/auth/register', body, { headers });
    const { data } = (await rest.get('/api/v1/audit-logs?request_id=attempt', { token: root.token })).body;
    expect(data).toMatchObject([
      { action: 'REGISTRATION_ATTEMPTED', actor_id: null, target_id: root.id, details: {} },
    ]);
  });
});
