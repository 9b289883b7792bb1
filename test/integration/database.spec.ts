import type { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import { RequestContext } from '../../src/platform/context/index.js';
import { DatabaseSettings } from '../../src/platform/config/index.js';
import { createDataSource, Database, runMigrations } from '../../src/platform/database/index.js';
import { createTestDatabase, type TestDatabase } from '../support/embedded-postgres.js';
import { eventually } from '../support/eventually.js';
import { FEATURES } from '../../src/app/features.js';

const entities = FEATURES.flatMap(({ repositories }) =>
  repositories.flatMap((binding) => [...(binding.entities ?? [])]),
);

async function connect(
  database: TestDatabase,
  settings: Partial<DatabaseSettings> = {},
): Promise<DataSource> {
  const dataSource = createDataSource(
    { ...new DatabaseSettings(), max_connections: 3, ...settings, url: database.url },
    entities,
  );
  await dataSource.initialize();
  return dataSource;
}

/**
 * Every table, column, index, constraint, function and trigger, in words. An extension stays when a step is undone: it
 * belongs to the database, and something else may use it.
 */
async function schemaOf(dataSource: DataSource): Promise<string[]> {
  const rows: { line: string }[] = await dataSource.query(`
    SELECT format('column %s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) AS line
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT format('constraint %s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT format('function %s', proname) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = pg_proc.oid AND d.deptype = 'e')
    UNION ALL SELECT format('trigger %s', tgname) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT format('sequence %s', sequencename) FROM pg_sequences WHERE schemaname = 'public'
    ORDER BY 1`);
  return rows.map(({ line }) => line).filter((line) => !line.includes('schema_migrations'));
}

describe('migrations', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
  });

  afterEach(() => database.drop());

  it('run once when ten replicas start at the same moment', async () => {
    const replicas = await Promise.all(Array.from({ length: 10 }, () => connect(database)));
    const ran = await Promise.all(replicas.map((replica) => runMigrations(replica)));
    expect(ran.flat()).toEqual(MIGRATIONS.map(({ name }) => name));
    expect(ran.filter((steps) => steps.length > 0)).toHaveLength(1);
    await expect(replicas[0]!.showMigrations()).resolves.toBe(false);
    await Promise.all(replicas.map((replica) => replica.destroy()));
  });

  it('can each be undone: every step back leaves the schema as it was before', async () => {
    const dataSource = await connect(database);
    const before: string[][] = [];
    await dataSource.query(
      'CREATE TABLE schema_migrations (id serial PRIMARY KEY, timestamp bigint, name text)',
    );
    const runner = dataSource.createQueryRunner();
    const steps = MIGRATIONS.map((Step) => new Step());
    for (const step of steps) {
      before.push(await schemaOf(dataSource));
      await step.up(runner);
      await expect(schemaOf(dataSource)).resolves.not.toEqual(before.at(-1));
    }
    for (const step of steps.reverse()) {
      await step.down(runner);
      await expect(schemaOf(dataSource)).resolves.toEqual(before.pop());
    }
    await runner.release();
    await dataSource.destroy();
  });

  it('give each entity exactly the columns it maps', async () => {
    const dataSource = await connect(database);
    await runMigrations(dataSource);
    for (const { tableName, columns } of dataSource.entityMetadatas) {
      const rows: { column_name: string; is_nullable: string }[] = await dataSource.query(
        `SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'public'`,
        [tableName],
      );
      const nullable = (isNullable: boolean) => (isNullable ? 'YES' : 'NO');
      const stored = rows.map((row) => `${row.column_name} ${row.is_nullable}`);
      const mapped = columns.map((column) => `${column.databaseName} ${nullable(column.isNullable)}`);
      for (const column of mapped)
        expect(stored.map((each) => `${tableName} ${each}`)).toContain(`${tableName} ${column}`);
    }
    expect(dataSource.entityMetadatas.length).toBeGreaterThan(0);
    await dataSource.destroy();
  });

  it('also bring up what is given alongside, under the same lock', async () => {
    const [one, two] = [await connect(database), await connect(database)];
    let inside = 0;
    const alongside = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await one.query('SELECT 1');
      inside -= 1;
    };
    await Promise.all([runMigrations(one, alongside), runMigrations(two, alongside)]);
    await Promise.all([one.destroy(), two.destroy()]);
  });
});

describe('the database of a process', () => {
  let test: TestDatabase;
  let dataSource: DataSource;
  let database: Database;

  beforeAll(async () => {
    test = await createTestDatabase();
    dataSource = await connect(test, { max_connections: 2, acquire_timeout_ms: 1_500 });
    database = new Database(dataSource);
    await dataSource.query('CREATE TABLE t (id int CONSTRAINT pk_t PRIMARY KEY)');
  });

  afterAll(async () => {
    await dataSource.destroy();
    await test.drop();
  });

  const within = <T>(milliseconds: number, work: () => Promise<T>) =>
    RequestContext.run(
      new RequestContext({ requestId: 'r', protocol: 'http', deadline: Date.now() + milliseconds }),
      work,
    );

  it('undoes a transaction that fails', async () => {
    const failing = database.transaction(async (tx) => {
      await tx.query('INSERT INTO t VALUES (1)');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await expect(dataSource.query('SELECT * FROM t WHERE id = 1')).resolves.toEqual([]);
  });

  it('cancels a statement of a transaction when the caller has no time left', async () => {
    await expect(
      within(60, () => database.transaction((tx) => tx.query('SELECT pg_sleep(30)'))),
    ).rejects.toMatchObject({ code: 'TIMEOUT' });
    const running: unknown[] = await dataSource.query(
      `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active' AND datname = current_database()`,
    );
    expect(running).toEqual([]);
  });

  it('answers a reader whose time is up', async () => {
    await expect(
      within(60, () => database.read((manager) => manager.query('SELECT pg_sleep(0.3)'))),
    ).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('does not begin work for which there is no time', async () => {
    await expect(
      within(-1, () => database.read((manager) => manager.query('SELECT 1'))),
    ).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(within(-1, () => database.transaction((tx) => tx.query('SELECT 1')))).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
  });

  it('answers SERVICE_UNAVAILABLE when every connection stays busy', async () => {
    const runners = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
    for (const runner of runners) await runner.connect();
    await expect(database.read((manager) => manager.query('SELECT 1'))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    for (const runner of runners) await runner.release();
    await expect(database.read((manager) => manager.query('SELECT 1 AS one'))).resolves.toEqual([{ one: 1 }]);
  });

  it('answers CONFLICT, worth another try, to one of two that deadlock', async () => {
    await dataSource.query('INSERT INTO t VALUES (10), (11)');
    const locked = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const half = (first: number, second: number, mine: number) =>
      database.transaction(async (tx) => {
        await tx.query('SELECT 1 FROM t WHERE id = $1 FOR UPDATE', [first]);
        locked[mine]!.resolve();
        await locked[1 - mine]!.promise;
        await tx.query('SELECT 1 FROM t WHERE id = $1 FOR UPDATE', [second]);
      });
    const outcomes = await Promise.allSettled([half(10, 11, 0), half(11, 10, 1)]);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => reason as object)).toEqual([
      expect.objectContaining({ code: 'CONFLICT', grpcStatus: 'ABORTED' }),
    ]);
  });

  it('answers SERVICE_UNAVAILABLE when the connection is cut under a statement', async () => {
    const cut = database.read((manager) => manager.query('SELECT pg_terminate_backend(pg_backend_pid())'));
    await expect(cut).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    // The pool may hand out the dead connection once more before it hears of its end.
    const answered = eventually('a connection that works', () =>
      database.read((manager) => manager.query('SELECT 1 AS one')).catch(() => undefined),
    );
    await expect(answered).resolves.toEqual([{ one: 1 }]);
  });

  it('passes on what is a mistake of ours', async () => {
    await expect(database.read((manager) => manager.query('SELEC 1'))).rejects.toThrow('syntax error');
  });
});
