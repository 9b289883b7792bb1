import type { DataSource } from 'typeorm';
import { RequestContext } from '../../src/platform/context/index.js';
import { DatabaseSettings } from '../../src/platform/config/index.js';
import {
  createDataSource,
  Database,
  effects,
  EffectsWriter,
  OUTBOX_CHANNEL,
  OutboxStore,
  runMigrations,
  type OutboxRow,
} from '../../src/platform/database/index.js';
import { createTestDatabase, type TestDatabase } from '../support/embedded-postgres.js';

class Data {
  user_id: string;
}

const UserSeen = { type: 'user.seen', version: 1, subject: ({ user_id }: Data) => user_id };
const Greet = { type: 'email.greet', version: 1, queue: 'emails', schema: Data };
const USER = '019a0000-0000-7000-8000-000000000001';

describe('effects', () => {
  let test: TestDatabase;
  let dataSource: DataSource;
  let database: Database;
  let outbox: OutboxStore;
  const writer = new EffectsWriter();

  beforeEach(async () => {
    test = await createTestDatabase();
    dataSource = createDataSource({ ...new DatabaseSettings(), url: test.url, max_connections: 5 }, []);
    await dataSource.initialize();
    await runMigrations(dataSource);
    database = new Database(dataSource);
    outbox = new OutboxStore(database);
  });

  afterEach(async () => {
    await dataSource.destroy();
    await test.drop();
  });

  const write = (
    list = effects()
      .event(UserSeen, { user_id: USER })
      .job(Greet, { user_id: USER }, { priority: 'high' })
      .audited('USER_SEEN', { target: USER, details: { before: 1 } }),
  ) => database.transaction((tx) => writer.write(tx, list));

  const deliverAll = (rows: OutboxRow[]) =>
    Promise.resolve({ delivered: rows.map(({ id }) => id), failed: [] });

  it('are written with the change, and with who caused it', async () => {
    const context = new RequestContext({
      requestId: 'r-1',
      protocol: 'http',
      ip: '192.0.2.7',
      userAgent: 'curl',
      route: 'POST /x',
      principal: { id: USER, roles: ['admin'], via: 'access_token' },
    });
    await RequestContext.run(context, () => write());
    const rows: Record<string, unknown>[] = await dataSource.query('SELECT * FROM outbox ORDER BY position');
    expect(rows.map(({ kind, subject, correlation_id }) => [kind, subject, correlation_id])).toEqual([
      ['event', USER, 'r-1'],
      ['job', 'emails', 'r-1'],
    ]);
    expect(rows[1]!['body']).toMatchObject({
      type: 'email.greet',
      priority: 'high',
      data: { user_id: USER },
      id: rows[1]!['id'],
    });
    await expect(dataSource.query('SELECT * FROM audit_logs')).resolves.toEqual([
      expect.objectContaining({
        action: 'USER_SEEN',
        actor_id: USER,
        target_id: USER,
        details: { before: 1 },
        ip: '192.0.2.7',
        user_agent: 'curl',
        request_id: 'r-1',
        trace_id: context.trace.traceId,
      }),
    ]);
  });

  it('are gone when the change is undone', async () => {
    const failing = database.transaction(async (tx) => {
      await writer.write(tx, effects().event(UserSeen, { user_id: USER }).audited('USER_SEEN'));
      throw new Error('undone');
    });
    await expect(failing).rejects.toThrow('undone');
    await expect(outbox.backlog()).resolves.toMatchObject({ waiting: 0 });
    await expect(dataSource.query('SELECT * FROM audit_logs')).resolves.toEqual([]);
  });

  it('are announced when, and only when, the change is committed', async () => {
    const runner = dataSource.createQueryRunner();
    const client = (await runner.connect()) as { on(event: string, listener: () => void): void };
    await runner.query(`LISTEN ${OUTBOX_CHANNEL}`);
    const announced = new Promise<void>((resolve) => client.on('notification', resolve));
    await write();
    await announced;
    await runner.release();
  });

  it('leave the outbox when they are delivered, in the order they were written', async () => {
    for (let n = 0; n < 5; n++) await write();
    const seen: string[] = [];
    const claimed = await outbox.relay(100, (rows) => {
      seen.push(...rows.map(({ kind }) => kind));
      return deliverAll(rows);
    });
    expect(claimed).toBe(10);
    expect(seen).toEqual(Array.from({ length: 5 }, () => ['event', 'job']).flat());
    await expect(outbox.backlog()).resolves.toEqual({ waiting: 0, oldestSeconds: 0 });
  });

  it('are offered again, later, when they could not be delivered', async () => {
    await write();
    await outbox.relay(100, (rows) =>
      Promise.resolve({ delivered: [], failed: rows.map(({ id }) => ({ id, error: 'down', retryInMs: 0 })) }),
    );
    const again: OutboxRow[] = [];
    await outbox.relay(100, (rows) => {
      again.push(...rows);
      return Promise.resolve({
        delivered: [],
        failed: rows.map(({ id }) => ({ id, error: 'down', retryInMs: 60_000 })),
      });
    });
    expect(again.map(({ attempts }) => attempts)).toEqual([1, 1]);
    await expect(outbox.relay(100, deliverAll)).resolves.toBe(0);
    await expect(outbox.backlog()).resolves.toMatchObject({ waiting: 2 });
  });

  it('are kept when the relay dies while it delivers', async () => {
    await write();
    await expect(outbox.relay(100, () => Promise.reject(new Error('killed')))).rejects.toThrow('killed');
    await expect(outbox.relay(100, deliverAll)).resolves.toBe(2);
  });

  it('go to one relay each when several work at once', async () => {
    for (let n = 0; n < 20; n++) await write();
    const delivered: string[] = [];
    const work = async () => {
      while (
        (await outbox.relay(3, (rows) => (delivered.push(...rows.map(({ id }) => id)), deliverAll(rows)))) > 0
      );
    };
    await Promise.all([work(), work(), work()]);
    // A relay that found only claimed rows has ended early; the rest is taken now.
    await work();
    expect(delivered).toHaveLength(40);
    expect(new Set(delivered).size).toBe(40);
  });

  describe('when several relays work at once, as events of one subject', () => {
    const other = '019a0000-0000-7000-8000-000000000002';
    const writeEvents = async () => {
      await write(effects().event(UserSeen, { user_id: USER }));
      await write(effects().event(UserSeen, { user_id: USER }).job(Greet, { user_id: USER }));
      await write(effects().event(UserSeen, { user_id: other }));
    };

    it('are not overtaken while an earlier one is being delivered', async () => {
      await writeEvents();
      const [first] = await dataSource.query<{ id: string }[]>('SELECT id FROM outbox ORDER BY position');
      let isClaimed: () => void = () => undefined;
      const claimed = new Promise<void>((resolve) => (isClaimed = resolve));
      let deliver: () => void = () => undefined;
      const delivering = outbox.relay(1, async (rows) => {
        isClaimed();
        await new Promise<void>((resolve) => (deliver = resolve));
        return deliverAll(rows);
      });
      await claimed;
      const taken: OutboxRow[] = [];
      const second = new OutboxStore(database);
      await second.relay(100, (rows) => (taken.push(...rows), deliverAll(rows)));
      deliver();
      await delivering;
      expect(taken.map(({ kind }) => kind)).toEqual(['job']);
      const rest: OutboxRow[] = [];
      await second.relay(100, (rows) => (rest.push(...rows), deliverAll(rows)));
      expect(rest.map(({ kind }) => kind)).toEqual(['event', 'event']);
      expect(rest.map(({ id }) => id)).not.toContain(first!.id);
    });

    it('are not overtaken while an earlier one waits to be delivered again', async () => {
      await writeEvents();
      await outbox.relay(1, ([row]) =>
        Promise.resolve({ delivered: [], failed: [{ id: row!.id, error: 'down', retryInMs: 60_000 }] }),
      );
      const taken: OutboxRow[] = [];
      await new OutboxStore(database).relay(100, (rows) => (taken.push(...rows), deliverAll(rows)));
      expect(taken.map(({ kind, body }) => [kind, (body as { data: Data }).data.user_id])).toEqual([
        ['job', USER],
        ['event', other],
      ]);
      await expect(outbox.backlog()).resolves.toMatchObject({ waiting: 2 });
    });
  });

  it.each([
    ['NUL', 'a\0b', 'a\uFFFDb'],
    ['half a character', 'a\uD83Db', 'a\uFFFDb'],
  ])('are kept with an error that holds %s', async (_what, error, stored) => {
    await write();
    await outbox.relay(100, (rows) =>
      Promise.resolve({ delivered: [], failed: rows.map(({ id }) => ({ id, error, retryInMs: 60_000 })) }),
    );
    await expect(dataSource.query('SELECT DISTINCT last_error FROM outbox')).resolves.toEqual([
      { last_error: stored },
    ]);
  });

  it.each(['UPDATE audit_logs SET action = $1', 'DELETE FROM audit_logs WHERE action <> $1'])(
    'cannot be rewritten in the audit log: %s',
    async (statement) => {
      await write();
      await expect(dataSource.query(statement, ['X'])).rejects.toThrow('append-only');
      await expect(dataSource.query('TRUNCATE audit_logs')).rejects.toThrow('append-only');
    },
  );
});
