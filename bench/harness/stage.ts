import type { Stage } from './scenario.ts';

/** What a shell reports for a program that a signal ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs `act` and then stops everything it deferred, whether it succeeded, failed, or was interrupted: no server and no
 * database outlives the bench.
 */
export async function onStage<Outcome>(act: (stage: Stage) => Promise<Outcome>): Promise<Outcome> {
  const stops: (() => Promise<void>)[] = [];
  const clear = async (): Promise<void> => {
    for (let stop = stops.shift(); stop; stop = stops.shift()) await stop();
  };
  const leaving = new AbortController();
  const interrupted = (signal: keyof typeof EXIT_CODES): void => {
    leaving.abort();
    void clear().finally(() => process.exit(EXIT_CODES[signal]));
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    return await act({ defer: (stop) => void stops.unshift(stop) });
  } catch (error) {
    // What fails now fails because its server was stopped; the handler above ends the process.
    if (leaving.signal.aborted) await new Promise(() => undefined);
    throw error;
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await clear();
  }
}
