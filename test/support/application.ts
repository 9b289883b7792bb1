import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino, type Logger } from 'pino';
import { startApplication, type Application } from '../../src/app/start.js';
import { loadConfig, ObservabilitySettings } from '../../src/platform/config/index.js';
import { createDataSource, runMigrations } from '../../src/platform/database/index.js';
import { createLogger } from '../../src/platform/observability/index.js';
import { prepareQueueSchema } from '../../src/platform/queue/index.js';
import { createTestDatabase, ensureTemplateDatabase, type TestDatabase } from './embedded-postgres.js';
import {
  expectNoLeaks,
  leaksIn,
  noteMail,
  noteSecretFile,
  noteSecretSettings,
  personalDataIn,
} from './used-secrets.js';
import { linesOf, rowsOf } from './written-places.js';

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
  /** Every line as it was written, also those that a test has taken out of `log`. */
  readonly lines: readonly string[];
  /**
   * Also removes the database and the directory.
   * @throws Error when a secret of the tests stands in a line that was logged, at whatever level, or in a row of the
   *   database, or personal data in a line at info or above
   */
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
  const { logger, log, lines } = recordingLogger();
  const settings = {
    ...CHEAP,
    ...FREE_PORTS,
    ...NO_RATE_LIMIT,
    ARCANA_DATA_DIRECTORY: directory,
    ARCANA_DATABASE__URL: await detour(database.url),
    ARCANA_DATABASE__MAX_CONNECTIONS: '5',
    ARCANA_BOOTSTRAP__ADMIN_EMAIL: ADMIN.email,
    ARCANA_BOOTSTRAP__ADMIN_PASSWORD: ADMIN.password,
    ...env,
  };
  noteSecretSettings(settings);
  const { config } = loadConfig({ argv: [], env: settings, terminal: false });
  const remove = async (): Promise<void> => {
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const application = await startApplication(config, logger);
    noteSecretFile(join(directory, 'jwt-secret'), 'the signing secret');
    const close = async (): Promise<void> => {
      try {
        await application.close();
        await noteMailsIn(join(directory, 'mail'));
        const written = linesOf(lines.join('\n'));
        expectNoLeaks([
          ...leaksIn([...written.all, ...(await rowsOf(database.url))]),
          ...personalDataIn(written.atInfo),
        ]);
      } finally {
        await remove();
      }
    };
    return { ...application, database, directory, log, lines, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function noteMailsIn(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => []))
    noteMail(await readFile(join(directory, name), 'utf8'));
}

/** The product's own logger, at its most talkative; levels are numbers in `log`, as pino has them. */
function recordingLogger(): { logger: Logger; log: Record<string, unknown>[]; lines: string[] } {
  const log: Record<string, unknown>[] = [];
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const line = chunk.toString();
      const entry = JSON.parse(line) as Record<string, unknown>;
      lines.push(line.trimEnd());
      log.push({ ...entry, level: pino.levels.values[String(entry['level'])] });
      done();
    },
  });
  const settings = Object.assign(new ObservabilitySettings(), { log_format: 'json', log_level: 'trace' });
  return { logger: createLogger(settings, destination), log, lines };
}
