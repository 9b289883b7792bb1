import { createHistogram } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { beginMeasuring, report, type Window } from './generator.ts';

const MICROSECONDS_PER_MILLISECOND = 1000;

/** Does one operation of a lane; a rejection counts as an error. */
type Operation = (lane: number) => Promise<void>;

/** Told of every operation that ends. */
type Observer = (succeeded: boolean, milliseconds: number) => void;

/**
 * Keeps `parallel` operations in flight, one after the other in each lane, through a warm-up and a
 * measured window, then reports.
 *
 * The window begins with nothing in flight and does not count what is in flight when it closes, which
 * is how autocannon counts, so that figures of both stand side by side.
 */
export async function runClosedLoop(window: Window, parallel: number, operation: Operation): Promise<void> {
  const warmUp = keepBusy(parallel, operation, () => undefined);
  await delay(window.warm_up_seconds * 1000);
  await warmUp.stop();

  const latencies = createHistogram();
  const counted = { operations: 0, errors: 0 };
  const endMeasuring = beginMeasuring();
  const measured = keepBusy(parallel, operation, (succeeded, milliseconds) => {
    if (succeeded) counted.operations += 1;
    else counted.errors += 1;
    latencies.record(Math.max(1, Math.round(milliseconds * MICROSECONDS_PER_MILLISECOND)));
  });
  await delay(window.seconds * 1000);
  const clocks = endMeasuring();
  const percentile = (share: number): number => latencies.percentile(share) / MICROSECONDS_PER_MILLISECOND;
  report({
    ...counted,
    ...clocks,
    latency_ms: { p50: percentile(50), p90: percentile(90), p99: percentile(99), max: percentile(100) },
  });
  await measured.stop();
}

/** Starts the lanes. `stop` ends when every lane has finished the operation it was in. */
function keepBusy(parallel: number, operation: Operation, observe: Observer): { stop(): Promise<unknown> } {
  let running = true;
  const lanes = Array.from({ length: parallel }, async (_, lane) => {
    while (running) {
      const started = performance.now();
      const succeeded = await operation(lane).then(
        () => true,
        () => false,
      );
      // A server that is gone refuses at once, and a loop of refusals would keep the clock from running.
      if (!succeeded) await nextTurn();
      observe(succeeded, performance.now() - started);
    }
  });
  return {
    stop: () => {
      running = false;
      return Promise.all(lanes);
    },
  };
}
