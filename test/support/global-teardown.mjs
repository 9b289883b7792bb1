/** After the suites: closes the reaper's input and waits until it has ended every server and removed the run's folder. */
import { once } from 'node:events';

export default async function globalTeardown() {
  const reaper = globalThis.arcanaTestReaper;
  if (!reaper || reaper.exitCode !== null || reaper.signalCode !== null) return;
  reaper.ref();
  reaper.stdin.end();
  await once(reaper, 'exit');
}
