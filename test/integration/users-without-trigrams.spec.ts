import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ArcanaConfig, DatabaseSettings, projectRoot } from '../../src/platform/config/index.js';
import {
  createDataSource,
  Database,
  effects,
  EffectsWriter,
  runMigrations,
} from '../../src/platform/database/index.js';
import { ListUsersQuery } from '../../src/users/dto/list-users.dto.js';
import { UserEntity } from '../../src/users/user.entity.js';
import { TypeOrmUserRepository } from '../../src/users/user.typeorm.repository.js';
import { newUser } from '../support/account-repositories.js';
import { createTestDatabase } from '../support/embedded-postgres.js';

const connect = async (url: string) => {
  const source = createDataSource({ ...new DatabaseSettings(), url }, [UserEntity]);
  return source.initialize();
};

/** What docs/users.md says to run when the extension comes later. */
const statementOfTheGuide = async (): Promise<string> =>
  /```sql\n(.+?);\n```/s.exec(await readFile(join(projectRoot(), 'docs/users.md'), 'utf8'))![1]!;

test('a server that does not let us install pg_trgm is migrated all the same, searched without, and with it later', async () => {
  const database = await createTestDatabase();
  const owner = await connect(database.url);
  const role = `plain_${randomBytes(6).toString('hex')}`;
  await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
  // May make tables, but no extension: that takes CREATE on the database.
  await owner.query(`GRANT CREATE, USAGE ON SCHEMA public TO ${role}`);
  const url = new URL(database.url);
  [url.username, url.password] = [role, role];
  const source = await connect(url.toString());
  try {
    await runMigrations(source);
    const indexes = async (): Promise<string[]> =>
      (await source.query(`SELECT indexname FROM pg_indexes WHERE tablename = 'users'`)).map(
        ({ indexname }: { indexname: string }) => indexname,
      );
    expect(await indexes()).toContain('ix_users_name');
    expect(await indexes()).not.toContain('ix_users_search');
    const users = new TypeOrmUserRepository(new Database(source), new EffectsWriter(), new ArcanaConfig());
    const user = await users.create(newUser({ name: 'Needle In The Haystack' }), effects());
    const query = Object.assign(new ListUsersQuery(), { search: 'in the HAY' });
    expect((await users.list(query)).data).toEqual([user]);

    await owner.query('CREATE EXTENSION pg_trgm');
    await source.query(await statementOfTheGuide());
    expect(await indexes()).toContain('ix_users_search');
    expect((await users.list(query)).data).toEqual([user]);
  } finally {
    await source.destroy();
    await owner.query(`DROP OWNED BY ${role}`);
    await owner.query(`DROP ROLE ${role}`);
    await owner.destroy();
    await database.drop();
  }
});

test('pg_trgm is found in whatever schema it was installed', async () => {
  const database = await createTestDatabase();
  const source = await connect(database.url);
  try {
    await source.query('CREATE SCHEMA extensions');
    await source.query('CREATE EXTENSION pg_trgm SCHEMA extensions');
    await runMigrations(source);
    const [index] = await source.query(`SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_users_search'`);
    expect(index.indexdef).toContain('extensions.gin_trgm_ops');
  } finally {
    await source.destroy();
    await database.drop();
  }
});
