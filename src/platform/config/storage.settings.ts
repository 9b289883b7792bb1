import { Setting } from './setting.js';

const HOUR_MS = 3_600_000;
const milliseconds = { type: 'integer', min: 1, max: HOUR_MS } as const;

/** PostgreSQL: a server of your own, or the embedded one. */
export class DatabaseSettings {
  @Setting({
    type: 'url',
    schemes: ['postgres', 'postgresql'],
    optional: true,
    description:
      'Where PostgreSQL is, for example postgres://user:password@db.internal:5432/arcana; unset: the embedded server, which production refuses.',
  })
  url?: string;

  @Setting({
    type: 'integer',
    min: 3,
    max: 1000,
    description:
      'Connections in the pool of one process. Locks, notifications and the queue on PostgreSQL open connections of their own besides; all processes together must stay below max_connections of the server.',
  })
  max_connections: number = 20;

  @Setting({ ...milliseconds, description: 'Time to open a connection.' })
  connect_timeout_ms: number = 5_000;

  @Setting({
    ...milliseconds,
    description: 'Time a request waits for a free connection before it is answered with SERVICE_UNAVAILABLE.',
  })
  acquire_timeout_ms: number = 5_000;

  @Setting({ ...milliseconds, description: 'Time one statement may run before the server cancels it.' })
  statement_timeout_ms: number = 30_000;

  @Setting({ ...milliseconds, description: 'Statements slower than this are logged.' })
  slow_query_ms: number = 500;

  @Setting({ type: 'path', within: 'postgres', description: 'Data of the embedded server.' })
  embedded_directory: string = '.arcana/postgres';

  @Setting({
    type: 'integer',
    min: 0,
    max: 65_535,
    description:
      'Port of the embedded server, on the loopback address only; 0 takes a free one at the first start and keeps it.',
  })
  embedded_port: number = 0;

  @Setting({
    type: 'flag',
    description: 'Run pending migrations at start; several processes starting at once take turns.',
  })
  migrate_on_start: boolean = true;
}

export class RedisSettings {
  @Setting({
    type: 'url',
    schemes: ['redis', 'rediss'],
    optional: true,
    description:
      'Where Redis is, for example redis://cache.internal:6379/0 (rediss:// for TLS); unset: the queue runs on PostgreSQL, cache and limits in memory.',
  })
  url?: string;

  @Setting({ ...milliseconds, description: 'Time one command may take.' })
  command_timeout_ms: number = 2_000;
}

/** Background jobs and the outbox that feeds them. */
export class QueueSettings {
  @Setting({
    type: 'integer',
    min: 1,
    max: 1000,
    description: 'Jobs of one queue that one process runs at once; every queue has as many of its own.',
  })
  concurrency: number = 10;

  @Setting({
    type: 'integer',
    min: 1024,
    max: 16_777_216,
    description: 'Largest payload of a job, in bytes of its JSON.',
  })
  payload_limit_bytes: number = 262_144;

  @Setting({
    ...milliseconds,
    description: 'How often the outbox is looked at when nothing announced a new entry.',
  })
  relay_poll_ms: number = 1_000;

  @Setting({ type: 'integer', min: 1, max: 10_000, description: 'Outbox entries taken at once.' })
  relay_batch: number = 100;

  @Setting({
    type: 'flag',
    description:
      'Accept a Redis that may lose or evict jobs (no append-only file, or a maxmemory-policy other than noeviction); otherwise the start is refused.',
  })
  accept_volatile_redis: boolean = false;

  @Setting({ type: 'integer', min: 1, max: 3650, description: 'Days a finished job stays visible.' })
  retention_days: number = 14;
}
