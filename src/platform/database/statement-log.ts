import type {
  AfterQueryEvent,
  DataSource,
  EntitySubscriberInterface,
  Logger as TypeOrmLogger,
} from 'typeorm';

interface Sink {
  warn(line: object, message: string): void;
}

/** Slow statements for the log; the text without its parameters, which may be personal or secret. */
export class StatementLog implements TypeOrmLogger {
  constructor(private readonly sink: Sink) {}

  logQuerySlow(milliseconds: number, query: string): void {
    this.sink.warn({ milliseconds, statement: query.replace(/\s+/g, ' ').slice(0, 500) }, 'slow statement');
  }

  logQuery(): void {}
  logQueryError(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}

/** Tells the time of every statement, in seconds. */
export class StatementTimes implements EntitySubscriberInterface {
  constructor(private readonly observe: (seconds: number) => void) {}

  afterQuery({ executionTime }: AfterQueryEvent): void {
    if (executionTime !== undefined) this.observe(executionTime / 1000);
  }
}

interface PgPool {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
}

/** State of the driver's pool, for db_pool_connections. */
export function poolSizes(dataSource: DataSource): { total: number; idle: number; waiting: number } {
  const { master } = dataSource.driver as unknown as { master?: PgPool };
  return { total: master?.totalCount ?? 0, idle: master?.idleCount ?? 0, waiting: master?.waitingCount ?? 0 };
}
