/**
 * `npm start`: builds when the sources have changed since the last build, then runs the product until it is told to stop.
 * Whatever follows goes to the product: `npm start -- --server.rest.port=8081`.
 *
 * Plain JavaScript that any Node.js since 18 runs, so that it can say what is missing.
 */
import { constants } from 'node:os';
import { exitCodeOf, onStop, passOn, startApplication } from './application.mjs';
import { build, isBuilt } from './build.mjs';
import { StartError, findRuntime } from './runtime.mjs';

const building = new AbortController();
let application;

onStop((signal, times) => {
  if (application) return passOn(application, signal, times);
  building.abort();
  process.exitCode = 128 + constants.signals[signal];
});

try {
  const runtime = findRuntime();
  if (!isBuilt()) {
    const begin = performance.now();
    console.log('Building Arcana Cloud ...');
    await build(runtime, { signal: building.signal });
    console.log(`Built in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  }
  building.signal.throwIfAborted();
  application = startApplication(runtime, process.argv.slice(2));
  process.exitCode = await exitCodeOf(application);
} catch (error) {
  if (!building.signal.aborted) {
    if (!(error instanceof StartError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
// The signal handlers would keep us.
process.exit();
