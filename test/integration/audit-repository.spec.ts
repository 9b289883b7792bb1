import type { DataSource } from 'typeorm';
import { AuditLogEntity } from '../../src/audit/audit-log.entity.js';
import type { AuditLogFilter } from '../../src/audit/audit-log-filter.js';
import { TypeOrmAuditLogRepository } from '../../src/audit/audit-log.typeorm.repository.js';
import { ArcanaConfig } from '../../src/platform/config/index.js';
import { Principal, RequestContext } from '../../src/platform/context/index.js';
import {
  createDataSource,
  Database,
  effects,
  EffectsWriter,
  newId,
  type Effects,
} from '../../src/platform/database/index.js';
import { migratedTemplate } from '../support/application.js';
import { createTestDatabase, type TestDatabase } from '../support/embedded-postgres.js';

const ADA = newId();
const BOB = newId();

describe('The audit log in PostgreSQL', () => {
  let test: TestDatabase;
  let dataSource: DataSource;
  let entries: TypeOrmAuditLogRepository;

  beforeAll(async () => {
    test = await createTestDatabase({ template: await migratedTemplate() });
    const settings = { ...new ArcanaConfig().database, url: test.url, max_connections: 2 };
    dataSource = createDataSource(settings, [AuditLogEntity]);
    await dataSource.initialize();
    entries = new TypeOrmAuditLogRepository(new Database(dataSource));
  });

  afterAll(async () => {
    await dataSource.destroy();
    await test.drop();
  });

  const write = (actor: string, requestId: string, what: Effects): Promise<void> => {
    const principal = Object.assign(new Principal(), { id: actor, roles: ['admin'], via: 'access_token' });
    const context = new RequestContext({
      requestId,
      protocol: 'http',
      route: 'PUT /x',
      ip: '::1',
      principal,
    });
    return RequestContext.run(context, () =>
      new Database(dataSource).transaction((tx) => new EffectsWriter().write(tx, what)),
    );
  };
  const actions = async (filter: Partial<AuditLogFilter>): Promise<string[]> =>
    (await entries.list({ limit: 100, ...filter })).map(({ action }) => action);

  it('is filtered by who, what, whom, when and the request, newest first', async () => {
    await write(ADA, 'r.1', effects().audited('FIRST', { target: BOB, details: { before: 1, after: 2 } }));
    await write(ADA, 'r.2', effects().audited('SECOND', { target: ADA }));
    await write(BOB, 'r.3', effects().audited('THIRD', { target: BOB }));
    expect(await actions({})).toEqual(['THIRD', 'SECOND', 'FIRST']);
    expect(await actions({ actor_id: ADA })).toEqual(['SECOND', 'FIRST']);
    expect(await actions({ target_id: BOB })).toEqual(['THIRD', 'FIRST']);
    expect(await actions({ action: 'SECOND' })).toEqual(['SECOND']);
    expect(await actions({ request_id: 'r.3', actor_id: ADA })).toEqual([]);
    const [second] = await entries.list({ limit: 1, request_id: 'r.2' });
    expect(await actions({ occurred_before: second!.occurred_at })).toEqual(['FIRST']);
    expect(await actions({ occurred_after: second!.occurred_at })).toEqual(['THIRD']);
    expect(await actions({ after: { at: second!.occurred_at, id: second!.id } })).toEqual(['FIRST']);
    expect(await actions({ after: { at: second!.occurred_at, id: second!.id }, backwards: true })).toEqual([
      'THIRD',
    ]);
    expect(await actions({ limit: 2 })).toEqual(['THIRD', 'SECOND']);
  });

  it('tells who did what to whom, when, from where, and what it changed', async () => {
    await write(ADA, 'r.4', effects().audited('WHOLE', { target: BOB, details: { before: 1, after: 2 } }));
    expect(await entries.list({ limit: 1, action: 'WHOLE' })).toEqual([
      {
        id: expect.any(String),
        occurred_at: expect.any(Date),
        action: 'WHOLE',
        actor_id: ADA,
        actor_via: 'access_token',
        target_id: BOB,
        details: { before: 1, after: 2 },
        request_id: 'r.4',
        trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        ip: '::1',
        user_agent: null,
        route: 'PUT /x',
      },
    ]);
  });

  it('is append-only: the database refuses to change, delete or empty it', async () => {
    await write(ADA, 'r.5', effects().audited('KEPT'));
    for (const statement of [
      `UPDATE audit_logs SET action = 'OTHER'`,
      'DELETE FROM audit_logs',
      'TRUNCATE audit_logs',
    ]) {
      await expect(dataSource.query(statement)).rejects.toThrow('audit_logs is append-only');
    }
    expect(await actions({ action: 'KEPT' })).toEqual(['KEPT']);
  });

  it.each([
    ['all of it', {}, 'ix_audit_logs_time'],
    ['one actor', { actor_id: ADA }, 'ix_audit_logs_actor'],
    ['one target', { target_id: BOB }, 'ix_audit_logs_target'],
    ['one kind of act', { action: 'FIRST' }, 'ix_audit_logs_action'],
    ['one request', { request_id: 'r.1' }, 'ix_audit_logs_request'],
  ])('is read in order from an index: %s', async (_, filter, index) => {
    // Small tables are read whole, whatever indexes they have: the planner is told that this costs.
    const plan = await dataSource.transaction(async (tx) => {
      await tx.query('SET LOCAL enable_seqscan = off');
      await tx.query('SET LOCAL enable_sort = off');
      await tx.query('SET LOCAL enable_bitmapscan = off');
      const [column, value] = Object.entries(filter)[0] ?? ['TRUE', true];
      const rows = await tx.query<{ 'QUERY PLAN': string }[]>(
        `EXPLAIN SELECT * FROM audit_logs WHERE ${column} = $1 AND (occurred_at, id) < (now(), $2::uuid)
         ORDER BY occurred_at DESC, id DESC LIMIT 10`,
        [value, ADA],
      );
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });
    expect(plan).toContain(`Index Scan Backward using ${index}`);
    expect(plan).not.toContain('Sort');
  });
});
