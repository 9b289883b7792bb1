import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';

/** A server that accepts a connection and does not greet is frozen, and its connection ended after this time. */
const GREETING_TIMEOUT_MS = 5_000;

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
  let asking: NodeJS.Timeout | undefined;
  let unanswered: NodeJS.Timeout | undefined;

  /** Unless it is called again, the connection ends when the time is over. */
  const expectAnswer = (withinMs: number): void => {
    clearTimeout(unanswered);
    unanswered = setTimeout(() => client.disconnect(true), withinMs).unref();
  };
  const rest = (): void => {
    clearInterval(asking);
    clearTimeout(unanswered);
  };
  const lose = (reason: string): void => {
    rest();
    if (lost) return;
    lost = true;
    logger.warn(`The ${purpose} connection is lost (${reason}); trying again until it is back.`);
  };

  client.on('error', (error: NodeJS.ErrnoException) => lose(error.message || error.code || error.name));
  // 'reconnecting' and not 'close': a connection that we close ourselves is not lost.
  client.on('reconnecting', () => lose('closed by the server'));
  client.on('end', rest);
  client.on('connect', () => expectAnswer(GREETING_TIMEOUT_MS));
  client.on('ready', () => {
    rest();
    if (lost) logger.log(`The ${purpose} connection is back.`);
    lost = false;
    if (!ping) return;
    const ask = (): void => {
      expectAnswer(ping.timeoutMs);
      client.ping().then(
        () => clearTimeout(unanswered),
        // Timed out or cut: the one ends the connection when the time is over, the other has.
        () => undefined,
      );
    };
    asking = setInterval(ask, ping.intervalMs + ping.timeoutMs).unref();
  });
}
