import type { Type } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { ArcanaConfig } from '../platform/config/index.js';
import {
  createDataSource,
  type DataSource,
  poolSizes,
  runMigrations,
  StatementLog,
  StatementTimes,
} from '../platform/database/index.js';
import { startEmbeddedServer, type EmbeddedServer } from '../platform/database/embedded/index.js';
import { DatabaseMetrics } from '../platform/observability/index.js';
import { prepareQueueSchema } from '../platform/queue/index.js';
import { within } from '../platform/time-limit/index.js';
import { databaseBootError } from './boot-error.js';

/** The database of a process: opened before everything else, closed after everything else. */
export interface DatabaseSession {
  readonly dataSource: DataSource;
  readonly url: string;
  /** Shown in the banner. */
  readonly description: string;
  /** @param limitMs time for connections to come back to the pool; then they are left to the end of the process */
  close(limitMs: number): Promise<void>;
}

/**
 * Starts the embedded server when no URL is configured, connects, and migrates.
 * @throws EmbeddedServerError, BootError
 */
export async function openDatabase(
  config: ArcanaConfig,
  entities: readonly Type[],
  logger: Logger,
  registry: Registry,
): Promise<DatabaseSession> {
  const embedded = config.database.url === undefined ? await startEmbedded(config, logger) : undefined;
  const url = config.database.url ?? embedded!.url;
  try {
    const dataSource = createDataSource({ ...config.database, url }, entities, new StatementLog(logger));
    const metrics = new DatabaseMetrics(registry, () => poolSizes(dataSource));
    await dataSource.initialize().catch((cause: unknown) => {
      throw databaseBootError(url, cause);
    });
    // Connecting sets the list anew.
    dataSource.subscribers.push(new StatementTimes((seconds) => metrics.query(seconds)));
    if (config.database.migrate_on_start) {
      // The queue's schema is only used, and only made, when the queue runs on PostgreSQL.
      const alongside = config.redis.url === undefined ? () => prepareQueueSchema(url) : undefined;
      const ran = await runMigrations(dataSource, alongside);
      if (ran.length > 0) logger.info({ migrations: ran }, 'database migrated');
    }
    return {
      dataSource,
      url,
      description: embedded
        ? `embedded PostgreSQL on 127.0.0.1:${embedded.port} (${embedded.dataDirectory})`
        : 'PostgreSQL (ARCANA_DATABASE__URL)',
      close: async (limitMs) => {
        try {
          // Half of it: a statement that hangs must not keep the embedded server from being stopped.
          await within(dataSource.destroy(), limitMs / 2, () => logger.warn('statements still run'));
        } finally {
          await embedded?.stop();
        }
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

function startEmbedded(config: ArcanaConfig, logger: Logger): Promise<EmbeddedServer> {
  return startEmbeddedServer({
    directory: config.database.embedded_directory,
    port: config.database.embedded_port,
    database: 'arcana',
    // Workers, listeners and locks hold connections beside the pool.
    maxConnections: Math.max(100, config.database.max_connections * 3),
    log: (line) => logger.info(line),
  });
}
