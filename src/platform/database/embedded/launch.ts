import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Binaries } from './binaries.js';
import { EmbeddedServerError, explain } from './embedded-server.error.js';
import {
  type LaunchSettings,
  RECOVERY_LIMIT_MS,
  endOrphans,
  launchPostmaster,
  stillRecovering,
} from './postmaster.js';
import { type StateFolder, readState, writeState } from './state-folder.js';

const ATTEMPTS = 10;

/** Ports looked among: below what systems give to outgoing connections, so that a kept one is free the next time too. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;

/**
 * Starts a server where none runs, and removes what stands in its way.
 *
 * @param wantedPort 0 takes the port of the last time, or a free one
 * @returns the port
 * @throws EmbeddedServerError
 */
export async function launchServer(
  folder: StateFolder,
  binaries: Binaries,
  wantedPort: number,
  settings: Omit<LaunchSettings, 'port'>,
  log: (line: string) => void,
): Promise<number> {
  let port = wantedPort > 0 ? wantedPort : ((await readLaunched(folder))?.port ?? (await freePort()));
  let output = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    await writeState(launchedFile(folder), `${JSON.stringify({ ...settings, port })}\n`);
    const launch = await launchPostmaster(folder, binaries, { ...settings, port }, RECOVERY_LIMIT_MS);
    if (launch.state === 'ready') return port;
    if (launch.state === 'recovering') throw stillRecovering(folder);
    output = launch.output;
    if (/address already in use|could not bind/i.test(output)) {
      if (wantedPort) {
        throw new EmbeddedServerError(
          `Port ${wantedPort} on 127.0.0.1, meant for the embedded PostgreSQL, is in use: end the program that has it, or choose another port.`,
        );
      }
      port = await freePort();
      log(`The embedded PostgreSQL's last port is in use: it moves to ${port}`);
    } else if (/pre-existing shared memory block/i.test(output)) {
      await endOrphans(folder, 1_000);
    } else if (/lock file ".*" already exists/i.test(output)) {
      await sleep(200);
    } else {
      break;
    }
  }
  throw explain('The embedded PostgreSQL did not start', output, folder.path, folder.logFile);
}

/** The settings the server was last started with; null before its first start. */
export async function readLaunched(folder: StateFolder): Promise<LaunchSettings | null> {
  const text = await readState(launchedFile(folder));
  try {
    return text === null ? null : (JSON.parse(text) as LaunchSettings);
  } catch {
    return null;
  }
}

function launchedFile(folder: StateFolder): string {
  return join(folder.path, 'launched.json');
}

async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
  throw new EmbeddedServerError(
    'No port is free for the embedded PostgreSQL on 127.0.0.1: end some programs and start again.',
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
