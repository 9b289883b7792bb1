import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';

interface WatchOptions {
  /** Named in the log. */
  purpose: string;
  /** Unset: the connection is not pinged. */
  ping?: { intervalMs: number; timeoutMs: number };
}

/**
 * Logs a lost connection once, and its return once, however many attempts fail in between; and ends a connection
 * whose server does not answer (frozen, or gone without a word), which would otherwise count as connected for as
 * long as TCP retransmits. Nothing of this throws.
 */
export function watchConnection(client: Redis, { purpose, ping }: WatchOptions): void {
  const logger = new Logger('Redis');
  let lost = false;
  let timer: NodeJS.Timeout | undefined;

  const lose = (reason: string): void => {
    clearInterval(timer);
    if (lost) return;
    lost = true;
    logger.warn(`The ${purpose} connection is lost (${reason}); trying again until it is back.`);
  };

  client.on('error', (error: NodeJS.ErrnoException) => lose(error.message || error.code || error.name));
  // 'reconnecting' and not 'close': a connection that we close ourselves is not lost.
  client.on('reconnecting', () => lose('closed by the server'));
  client.on('end', () => clearInterval(timer));
  client.on('ready', () => {
    if (lost) logger.log(`The ${purpose} connection is back.`);
    lost = false;
    if (!ping) return;
    clearInterval(timer);
    timer = setInterval(() => void pingOrReconnect(client, ping.timeoutMs), ping.intervalMs).unref();
  });
}

async function pingOrReconnect(client: Redis, timeoutMs: number): Promise<void> {
  const unanswered = setTimeout(() => client.disconnect(true), timeoutMs).unref();
  await client.ping().catch(() => undefined);
  clearTimeout(unanswered);
}
