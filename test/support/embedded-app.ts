/**
 * A process that uses the embedded server as the application does: starts it with the options given as JSON, writes one line
 * of JSON with what came of it, and stops it when told to. Run by embedded-process.ts.
 */
import { createInterface } from 'node:readline';
import { holdEmbeddedServer, startEmbeddedServer } from '../../src/platform/database/embedded/index.js';

const options = JSON.parse(process.argv[2]!) as { directory: string; hold?: boolean };
const answer = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
const lines: string[] = [];

try {
  const log = (line: string) => void lines.push(line);
  const server = options.hold
    ? await holdEmbeddedServer(options.directory).then((hold) => ({ stop: () => hold.release() }))
    : await startEmbeddedServer({ ...options, log });
  answer({ ...server, lines });
  for await (const order of createInterface({ input: process.stdin })) {
    if (order === 'exit') process.exit(1);
    if (order === 'stop') {
      await server.stop();
      await server.stop();
      break;
    }
  }
  process.exit(0);
} catch (error) {
  const { name, message } = error as Error;
  answer({ error: { name, message }, lines });
  process.exit(1);
}
