import { Logger } from '@nestjs/common';
import type { RedisClients } from './redis-clients.js';

interface DurabilityOptions {
  /** In production a Redis that may lose jobs is refused, elsewhere it is warned about. */
  production: boolean;
  /** `queue.accept_volatile_redis`: never refuse. */
  acceptVolatile: boolean;
  /** How long to wait for the connection, in milliseconds. */
  timeoutMs: number;
}

/**
 * Looks at start whether this Redis keeps what it acknowledged: without an append-only file a restart loses jobs, and
 * under an evicting policy a full memory does.
 *
 * A server that cannot be reached, or that does not show its configuration (managed ones often do not), is warned
 * about and accepted: nothing is known against it.
 * @throws Error with one sentence naming the fix, in production only
 */
export async function checkRedisDurability(clients: RedisClients, options: DurabilityOptions): Promise<void> {
  const logger = new Logger('Redis');
  const client = clients.producer;
  if (!(await clients.whenReady(client, options.timeoutMs))) {
    logger.warn('Redis cannot be reached, so whether it keeps jobs over a restart was not checked.');
    return;
  }
  let appendOnly: string | undefined;
  let policy: string | undefined;
  try {
    appendOnly = await setting('appendonly');
    policy = await setting('maxmemory-policy');
  } catch (error) {
    logger.warn(
      `Redis does not show its configuration (${(error as Error).message}): make sure that it has appendonly yes and maxmemory-policy noeviction, or jobs can be lost.`,
    );
    return;
  }
  const faults = [
    ...(appendOnly === 'no' ? ['appendonly no (a restart loses jobs)'] : []),
    ...(policy !== undefined && policy !== 'noeviction'
      ? [`maxmemory-policy ${policy} (a full memory evicts jobs)`]
      : []),
  ];
  if (faults.length === 0) return;
  const finding = `Redis runs with ${faults.join(' and ')}: set appendonly yes and maxmemory-policy noeviction`;
  if (options.production && !options.acceptVolatile) {
    throw new Error(`${finding}, or accept it with queue.accept_volatile_redis = true.`);
  }
  logger.warn(`${finding}, or jobs can be lost.`);

  /** Undefined where the server knows no such setting. */
  async function setting(name: string): Promise<string | undefined> {
    const [, value] = (await client.config('GET', name)) as string[];
    return value;
  }
}
