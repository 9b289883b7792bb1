import {
  Queue,
  Worker,
  createPostgresBackend,
  runMigrations,
  type Processor,
  type WorkerOptions,
} from 'bullmq';
import pg from 'pg';
import { translateDatabaseError } from '../database/index.js';
import { AppError } from '../errors/index.js';
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

/** A worker, and how to let go of its connections, be it closed or stuck. */
export interface OpenedWorker {
  readonly worker: Worker;
  readonly release: (deadlineMs: number) => Promise<void>;
}

interface QueryingBackend {
  query(text: string, parameters: unknown[]): Promise<unknown>;
}

/**
 * Has a worker wait for a database that is away. The library does so only where a connection is refused; a restart
 * has many other words, and at those it would count an attempt as failed whose work was done, or ask again without
 * a pause.
 */
function waitOutOutages(backend: QueryingBackend): void {
  const query = backend.query.bind(backend);
  backend.query = async (text, parameters) => {
    try {
      return await query(text, parameters);
    } catch (error) {
      const known = translateDatabaseError(error);
      const { message } = error as Error;
      const isAway = known instanceof AppError && known.code === 'SERVICE_UNAVAILABLE';
      if (!isAway && message !== 'Query read timeout') throw error;
      throw Object.assign(new Error(message, { cause: error }), { code: 'ECONNREFUSED' });
    }
  };
}

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
      { connection: this.#pool(4, STATEMENT_TIMEOUT_MS) },
      createPostgresBackend as never,
    );
  }

  /** A worker that does not run yet. */
  openWorker(name: string, processor: Processor, settings: WorkerSettings): OpenedWorker {
    const options = { ...settings, autorun: false };
    if (!this.redis) {
      const connection = this.#pool(4, 2 * STATEMENT_TIMEOUT_MS) as never;
      const worker = new Worker(name, processor, { ...options, connection }, createPostgresBackend as never);
      waitOutOutages(worker.getBackend() as unknown as QueryingBackend);
      return { worker, release: () => worker.disconnect().catch(() => undefined) };
    }
    const { redis } = this;
    const connection = redis.worker();
    const clients = [connection];
    // The library blocks on a copy of the client, which it would otherwise open, and leave reconnecting, on its own.
    connection.duplicate = () => {
      const copy = redis.worker();
      clients.push(copy);
      return copy;
    };
    const worker = new Worker(name, processor, { ...options, connection, prefix: PREFIX });
    const release = async (deadlineMs: number): Promise<void> => {
      await Promise.all(clients.map((client) => redis.closeClient(client, deadlineMs)));
      for (const client of clients) {
        if (client.status === 'end') continue;
        // Closed between two attempts to reconnect it never ends, and the worker waits for its commands for ever; an
        // attempt that is cut off fails them.
        client.connect().catch(() => undefined);
        client.disconnect();
      }
    };
    return { worker, release };
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
