import { fileURLToPath } from 'node:url';
import { LISTENING } from '../bare/server.ts';
import { startNode } from './node-process.ts';
import type { Stage } from './scenario.ts';

const START_SECONDS = 30;

/**
 * Starts one of the programs in `bench/bare/` and waits until it listens.
 *
 * @throws Error when it ends or does not listen in time
 */
export async function startBareServer(
  stage: Stage,
  program: string,
  specification: object,
): Promise<{ pid: number; port: number }> {
  const path = fileURLToPath(new URL(`../bare/${program}`, import.meta.url));
  const server = startNode([path, JSON.stringify(specification)]);
  stage.defer(() => server.stop());
  const port = await new Promise<number>((resolve, reject) => {
    const refuse = (what: string): void => reject(new Error(`${program} ${what}:\n${server.lastWords()}`));
    const timer = setTimeout(() => refuse(`does not listen after ${START_SECONDS} s`), START_SECONDS * 1000);
    server.onLine((line) => {
      if (!line.startsWith(LISTENING)) return;
      clearTimeout(timer);
      resolve(Number(line.slice(LISTENING.length)));
    });
    void server.exited.then((code) => {
      clearTimeout(timer);
      refuse(`ended with exit code ${code}`);
    });
  });
  return { pid: server.pid, port };
}
