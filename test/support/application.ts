import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import { startApplication, type Application } from '../../src/app/start.js';
import { loadConfig } from '../../src/platform/config/index.js';
import { createDataSource, runMigrations } from '../../src/platform/database/index.js';
import { prepareQueueSchema } from '../../src/platform/queue/index.js';
import { createTestDatabase, ensureTemplateDatabase, type TestDatabase } from './embedded-postgres.js';

export const ADMIN = { email: 'root@example.test', password: 'Correct-Horse-7-Battery' };

/** Cheap on purpose: what Argon2 costs is not what these tests ask. */
const CHEAP = {
  ARCANA_SECURITY__ARGON2__MEMORY_KIB: '8192',
  ARCANA_SECURITY__ARGON2__TIME_COST: '2',
  ARCANA_SECURITY__ARGON2__PARALLELISM: '1',
};

export const FREE_PORTS = {
  ARCANA_SERVER__REST__HOST: '127.0.0.1',
  ARCANA_SERVER__REST__PORT: '0',
  ARCANA_SERVER__GRPC__HOST: '127.0.0.1',
  ARCANA_SERVER__GRPC__PORT: '0',
  ARCANA_SERVER__MANAGEMENT__HOST: '127.0.0.1',
  ARCANA_SERVER__MANAGEMENT__PORT: '0',
};

/** Without it, every test of a file would share the one address's budget. */
const NO_RATE_LIMIT = { ARCANA_RATE_LIMIT__ENABLED: 'false' };

export interface TestApplication extends Application {
  readonly database: TestDatabase;
  /** Where mails and the development secret are. */
  readonly directory: string;
  /** Every line that was logged, parsed. */
  readonly log: Record<string, unknown>[];
  /** Also removes the database and the directory. */
  close(): Promise<void>;
}

/** A database with the whole schema, to copy from. */
export function migratedTemplate(): Promise<string> {
  return ensureTemplateDatabase('arcana_migrated', async (url) => {
    const { config } = loadConfig({ argv: [], env: { ARCANA_DATABASE__URL: url } });
    const dataSource = createDataSource({ ...config.database, url }, []);
    await dataSource.initialize();
    await runMigrations(dataSource, () => prepareQueueSchema(url));
    await dataSource.destroy();
  });
}

/**
 * Starts the whole product in this process, on free ports and a database of its own.
 * @param detour gives the URL under which the product reaches that database, for tests that stand in between
 */
export async function bootApplication(
  env: Record<string, string> = {},
  detour: (url: string) => Promise<string> | string = (url) => url,
): Promise<TestApplication> {
  const database = await createTestDatabase({ template: await migratedTemplate() });
  const directory = await mkdtemp(join(tmpdir(), 'arcana-e2e-'));
  const { logger, log } = recordingLogger();
  const { config } = loadConfig({
    argv: [],
    env: {
      ...CHEAP,
      ...FREE_PORTS,
      ...NO_RATE_LIMIT,
      ARCANA_DATA_DIRECTORY: directory,
      ARCANA_DATABASE__URL: await detour(database.url),
      ARCANA_DATABASE__MAX_CONNECTIONS: '5',
      ARCANA_BOOTSTRAP__ADMIN_EMAIL: ADMIN.email,
      ARCANA_BOOTSTRAP__ADMIN_PASSWORD: ADMIN.password,
      ...env,
    },
    terminal: false,
  });
  const remove = async (): Promise<void> => {
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const application = await startApplication(config, logger);
    const close = async (): Promise<void> => {
      await application.close();
      await remove();
    };
    return { ...application, database, directory, log, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

function recordingLogger(): { logger: Logger; log: Record<string, unknown>[] } {
  const log: Record<string, unknown>[] = [];
  const logger = pino(
    { level: 'debug' },
    { write: (line: string) => void log.push(JSON.parse(line) as never) },
  );
  return { logger, log };
}
