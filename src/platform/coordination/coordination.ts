import type { Database } from '../database/index.js';
import { AdvisoryLocks, PostgresListener, type SessionSettings } from '../database/coordination/index.js';
import type { RedisClients } from '../redis/index.js';
import type { Lock } from './lock.js';
import { PostgresLock } from './postgres.lock.js';
import { PostgresPubSub } from './postgres.pubsub.js';
import type { PubSub } from './pubsub.js';
import { RedisLock } from './redis.lock.js';
import { RedisPubSub } from './redis.pubsub.js';

/**
 * The coordination of one process: its locks, its messages, and its ear at the database. Nothing connects before it is
 * used. The composition root closes it after everything that uses it and before database and Redis.
 */
export class Coordination {
  constructor(
    readonly lock: Lock,
    readonly pubSub: PubSub,
    /** Raw notifications of PostgreSQL, whatever the ports run on: the outbox announces itself there. */
    readonly listener: PostgresListener,
  ) {}

  /** Releases held locks, ends subscriptions and dedicated connections. */
  async close(): Promise<void> {
    await Promise.all([this.lock.close(), this.pubSub.close()]);
    await this.listener.close();
  }
}

/** Picks the adapters: Redis when the process has clients, else PostgreSQL. */
export function openCoordination(
  redis: RedisClients | null,
  settings: SessionSettings,
  database: Database,
): Coordination {
  const listener = new PostgresListener(settings);
  return redis
    ? new Coordination(new RedisLock(redis), new RedisPubSub(redis), listener)
    : new Coordination(
        new PostgresLock(new AdvisoryLocks(settings)),
        new PostgresPubSub(database, listener),
        listener,
      );
}
