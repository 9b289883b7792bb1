import { expect, test } from '@jest/globals';
import { DatabaseSettings } from '../../src/platform/config/index.js';
import { createDataSource, runMigrations } from '../../src/platform/database/index.js';
import { createTestDatabase } from '../support/embedded-postgres.js';

test('the schema can be taken back and made again', async () => {
  const own = await createTestDatabase();
  const source = createDataSource({ ...new DatabaseSettings(), url: own.url }, []);
  await source.initialize();
  const tables = async () =>
    (await source.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)).map(
      ({ tablename }: { tablename: string }) => tablename,
    );
  try {
    await runMigrations(source);
    const before = await tables();
    expect(before).toEqual(expect.arrayContaining(['users', 'account_tokens', 'sessions', 'refresh_tokens']));
    let applied = source.migrations.length;
    while (applied-- > 0) await source.undoLastMigration();
    expect(await tables()).toEqual(['schema_migrations']);
    await runMigrations(source);
    expect((await tables()).sort()).toEqual(before.sort());
  } finally {
    await source.destroy();
    await own.drop();
  }
});
