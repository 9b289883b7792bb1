import { DataSource, type DataSourceOptions, type Logger } from 'typeorm';
import type { Type } from '@nestjs/common';
import type { DatabaseSettings } from '../config/index.js';
import { MIGRATIONS } from '../../../migrations/index.js';

/** Table in which TypeORM remembers the steps that have run. */
export const MIGRATIONS_TABLE = 'schema_migrations';

/** Options of the one data source of a process. The schema comes from migrations alone: nothing is synchronised. */
export function dataSourceOptions(
  settings: DatabaseSettings & { url: string },
  entities: readonly Type[],
  logger?: Logger,
): DataSourceOptions {
  return {
    type: 'postgres',
    url: settings.url,
    applicationName: 'arcana-cloud',
    entities: [...entities],
    migrations: MIGRATIONS,
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'each',
    synchronize: false,
    poolSize: settings.max_connections,
    connectTimeoutMS: settings.connect_timeout_ms,
    maxQueryExecutionTime: settings.slow_query_ms,
    ...(logger ? { logger } : { logging: false }),
    extra: {
      statement_timeout: settings.statement_timeout_ms,
      // A frozen server answers nothing, not even its own time-out: the driver gives up a little later.
      query_timeout: settings.statement_timeout_ms + 5_000,
      connectionTimeoutMillis: Math.min(settings.acquire_timeout_ms, settings.connect_timeout_ms),
      keepAlive: true,
    },
  };
}

/** A data source that is not yet connected. */
export const createDataSource = (...options: Parameters<typeof dataSourceOptions>): DataSource =>
  new DataSource(dataSourceOptions(...options));
