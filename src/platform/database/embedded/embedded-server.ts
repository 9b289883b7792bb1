import { findBinaries } from './binaries.js';
import { ensureCluster, readPassword } from './cluster.js';
import { EmbeddedServerError, explain } from './embedded-server.error.js';
import { ensureDatabase } from './first-connection.js';
import { launchServer, readLaunched } from './launch.js';
import { type Lease, countLeases, takeLease } from './leases.js';
import { findPostmaster, interruptPostmaster, settle, stopPostmaster } from './postmaster.js';
import { withStartLock } from './start-lock.js';
import { type StateFolder, openStateFolder } from './state-folder.js';

export interface EmbeddedServerOptions {
  /** Folder that holds everything of the server, such as `.arcana/postgres`; made when missing. */
  readonly directory: string;
  /** Port on 127.0.0.1. 0 or absent: a free one, kept for later starts. */
  readonly port?: number;
  /** Name of the database, created when missing. Default `arcana`. */
  readonly database?: string;
  /** Connections the server admits, of all its users together. Default 100. */
  readonly maxConnections?: number;
  /** False gives up safety at a power cut for speed; for tests. Default true. */
  readonly durable?: boolean;
  /** False leaves the server running when the process exits without `stop()`. Default true. */
  readonly stopOnExit?: boolean;
  /** Told, in one line each, what a reader of the terminal should know. */
  readonly log?: (line: string) => void;
}

export interface EmbeddedServer {
  /** `postgres://user:password@127.0.0.1:port/database` */
  readonly url: string;
  readonly port: number;
  /** Absolute; elsewhere than asked for when the server's OS user cannot get there. */
  readonly dataDirectory: string;
  /** True when the server already ran: left by a process that was killed, or in use by another one. */
  readonly adopted: boolean;
  /**
   * Ends this use of the server, and the server with its last user. Takes at most some 20 seconds, usually well under
   * one; close connections first, what is open is cut. Safe to call again.
   */
  stop(): Promise<void>;
}

/** How long a starter waits for another one; a first start or a recovery may be under way. */
const START_WAIT_MS = 150_000;
const STOP_WAIT_MS = 10_000;
/** After this a fast shutdown becomes an immediate one. */
const FAST_SHUTDOWN_MS = 10_000;

/**
 * Starts the PostgreSQL of a folder, or joins the one that already runs there. Any number of processes may do so at once
 * and share one server. Makes the database at the first start, waits for a server that recovers from a crash, and puts
 * right what a killed process left: a half-made data directory, a stale process file, processes without a postmaster.
 *
 * @throws EmbeddedServerError in one sentence that names the fix
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const log = options.log ?? (() => undefined);
  try {
    const folder = await openStateFolder(options.directory, log);
    return await withStartLock(folder.path, START_WAIT_MS, () => join(folder, options, log));
  } catch (error) {
    if (error instanceof EmbeddedServerError) throw error;
    throw explain('The embedded PostgreSQL did not start', String(error), options.directory);
  }
}

async function join(
  folder: StateFolder,
  options: EmbeddedServerOptions,
  log: (line: string) => void,
): Promise<EmbeddedServer> {
  const lease = takeLease(folder.path);
  try {
    const { port, password, adopted } =
      (await adopt(folder, options, log)) ?? (await launch(folder, options, log));
    const url = await ensureDatabase(port, password, options.database ?? 'arcana');
    const stop = endOfUse(folder, lease, options.stopOnExit ?? true);
    return { url, port, dataDirectory: folder.dataDirectory, adopted, stop };
  } catch (error) {
    // One that still recovers is left alone: stopped each time, it would never come to its end.
    const last = lease.end();
    if (last && (await findPostmaster(folder))?.status === 'ready')
      await stopPostmaster(folder, FAST_SHUTDOWN_MS);
    throw error;
  }
}

interface Joined {
  readonly port: number;
  readonly password: string;
  readonly adopted: boolean;
}

/** The running server, unless it was started with other settings and nobody else uses it: then it is stopped. */
async function adopt(
  folder: StateFolder,
  options: EmbeddedServerOptions,
  log: (line: string) => void,
): Promise<Joined | null> {
  const running = await settle(folder, FAST_SHUTDOWN_MS);
  if (!running) return null;
  const launched = await readLaunched(folder);
  const fits =
    (!options.port || options.port === running.port) &&
    launched?.maxConnections === maxConnections(options) &&
    launched.durable === durable(options);
  if (!fits && countLeases(folder.path) === 1) {
    log('The embedded PostgreSQL runs with other settings: restarting it');
    await stopPostmaster(folder, FAST_SHUTDOWN_MS);
    return null;
  }
  return { port: running.port, password: await readPassword(folder), adopted: true };
}

async function launch(
  folder: StateFolder,
  options: EmbeddedServerOptions,
  log: (line: string) => void,
): Promise<Joined> {
  const binaries = await findBinaries(folder, log);
  const password = await ensureCluster(folder, binaries, durable(options), log);
  const settings = { maxConnections: maxConnections(options), durable: durable(options) };
  const port = await launchServer(folder, binaries, options.port ?? 0, settings, log);
  return { port, password, adopted: false };
}

/** Builds `stop()`, and sees to it that a process which exits without calling it does not leave the server behind. */
function endOfUse(folder: StateFolder, lease: Lease, stopOnExit: boolean): () => Promise<void> {
  const onExit = () => {
    if (lease.end()) interruptPostmaster(folder);
  };
  if (stopOnExit) process.once('exit', onExit);
  const stop = async () => {
    try {
      await withStartLock(folder.path, STOP_WAIT_MS, async () => {
        if (lease.end()) await stopPostmaster(folder, FAST_SHUTDOWN_MS);
      });
    } finally {
      // Also when somebody else is starting for so long: the server is theirs then.
      lease.end();
      process.removeListener('exit', onExit);
    }
  };
  let stopped: Promise<void> | undefined;
  return () => (stopped ??= stop());
}

function maxConnections(options: EmbeddedServerOptions): number {
  return options.maxConnections ?? 100;
}

function durable(options: EmbeddedServerOptions): boolean {
  return options.durable ?? true;
}
