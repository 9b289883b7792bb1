import { fileURLToPath } from 'node:url';
import { MEASURING, type GeneratorResult, type Window } from '../load/generator.ts';
import { cpuSecondsOf, cpuSecondsOfMachine } from './cpu-clock.ts';
import { startNode } from './node-process.ts';
import type { Contestant, Measurement } from './scenario.ts';

interface Clocks {
  server: number | undefined;
  machine: number;
}

/**
 * Runs a load generator against a contestant for one window.
 *
 * @throws Error when the generator fails or finishes not one operation
 */
export async function measure(contestant: Contestant, window: Window): Promise<Measurement> {
  const { generator, specification } = contestant.load;
  const program = fileURLToPath(new URL(`../load/${generator}`, import.meta.url));
  const running = startNode([program, JSON.stringify({ ...specification, ...window })]);
  const read = (): Clocks => ({
    server: contestant.pid === undefined ? undefined : cpuSecondsOf(contestant.pid),
    machine: cpuSecondsOfMachine(),
  });

  let before = read();
  let after = before;
  let result: GeneratorResult | undefined;
  running.onLine((line) => {
    if (line === MEASURING) {
      before = read();
    } else if (line.startsWith('{')) {
      after = read();
      result = JSON.parse(line) as GeneratorResult;
    }
  });
  const code = await running.exited;
  if (code !== 0 || result === undefined || result.operations === 0) {
    throw new Error(`The load on ${contestant.name} failed (exit code ${code}):\n${running.lastWords()}`);
  }

  const generator_cpu_seconds = result.generator_cpu_seconds;
  const server =
    before.server === undefined || after.server === undefined ? undefined : after.server - before.server;
  const worked = contestant.pid === undefined ? generator_cpu_seconds : server;
  const elsewhere = after.machine - before.machine - (server ?? 0) - generator_cpu_seconds;
  return {
    ...result,
    per_second: result.operations / result.seconds,
    ...(worked === undefined ? {} : { server_cpu_seconds: worked }),
    elsewhere_cpu_seconds: Math.max(0, elsewhere),
  };
}
