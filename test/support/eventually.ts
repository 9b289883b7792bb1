import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 20_000;
const INTERVAL_MS = 20;

/**
 * Asks again until there is an answer, as a client has to that is told of nothing. Where something can be listened to,
 * listen instead.
 * @param look resolves to undefined while there is nothing yet
 * @param patienceMs for what takes long by its nature
 * @throws Error naming `what` when there is still nothing after that, 20 seconds where nothing is said
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`Waited in vain: ${what}`);
    await pause(INTERVAL_MS);
  }
}
