import { Queue, Worker, createPostgresBackend, runMigrations, type Processor, type WorkerOptions } from 'bullmq';
import pg from 'pg';
import type { RedisClients } from '../redis/index.js';

/** Schema of the queue's own tables, apart from the product's. */
const SCHEMA = 'queue';
/** Prefix of every key in Redis. */
const PREFIX = 'arcana';

/** Time one statement of a producer may take, in milliseconds: a frozen server must not hold its callers. */
const STATEMENT_TIMEOUT_MS = 5_000;

/** Creates or updates the queue's tables. Call it where the product's own migrations run, under their lock. */
export async function prepareQueueSchema(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await runMigrations(client, SCHEMA);
  } finally {
    await client.end();
  }
}

type WorkerSettings = Omit<WorkerOptions, 'connection'>;

/** Opens queues and workers on one of the two backends: Redis when there is one, PostgreSQL otherwise. */
export class QueueConnection {
  constructor(
    private readonly databaseUrl: string,
    private readonly redis: RedisClients | null,
  ) {}

  get backend(): 'redis' | 'postgres' {
    return this.redis ? 'redis' : 'postgres';
  }

  /**
   * Refuses at once what could only wait.
   * @throws SERVICE_UNAVAILABLE while Redis is not connected
   */
  requireReady(): void {
    this.redis?.requireReady();
  }

  openQueue(name: string): Queue {
    if (this.redis) return new Queue(name, { connection: this.redis.producer, prefix: PREFIX });
    return new Queue(
      name,
      { connection: this.#pool(2, STATEMENT_TIMEOUT_MS) as never },
      createPostgresBackend as never,
    );
  }

  /** A worker that does not run yet, and how to let go of it. */
  openWorker(name: string, processor: Processor, settings: WorkerSettings): Worker {
    const options = { ...settings, autorun: false };
    if (this.redis) {
      const connection = this.redis.worker();
      const worker = new Worker(name, processor, { ...options, connection, prefix: PREFIX });
      // BullMQ closes only the connections that it made itself.
      worker.once('closed', () => void this.redis?.closeClient(connection, 1_000));
      return worker;
    }
    return new Worker(
      name,
      processor,
      { ...options, connection: this.#pool(3, 2 * STATEMENT_TIMEOUT_MS) as never },
      createPostgresBackend as never,
    );
  }

  #pool(max: number, timeoutMs: number): object {
    return {
      connectionString: this.databaseUrl,
      schema: SCHEMA,
      application_name: 'arcana-cloud queue',
      max,
      connectionTimeoutMillis: timeoutMs,
      statement_timeout: timeoutMs,
      // A frozen server does not keep its own time-out.
      query_timeout: timeoutMs + 1_000,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
    };
  }
}
