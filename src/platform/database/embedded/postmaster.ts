import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Binaries } from './binaries.js';
import { EmbeddedServerError, explain } from './embedded-server.error.js';
import { run, runningAs } from './os-user.js';
import { isPostmasterOf, pidExists } from './process-probe.js';
import { type StateFolder, openLog, readState, writeState } from './state-folder.js';

/** How often a state is looked at that nobody tells us of. */
const POLL_MS = 20;

/** A process id that no system gives away (Linux ends at 2^22, macOS at 99999). */
const NO_SUCH_PID = 2_147_483_646;

export interface LaunchSettings {
  readonly port: number;
  readonly maxConnections: number;
  /** False trades safety at a power cut for speed (tests). */
  readonly durable: boolean;
}

/** What postmaster.pid says of a server that runs. */
export interface RunningPostmaster {
  readonly pid: number;
  readonly port: number;
  /** `starting` includes crash recovery. */
  readonly status: 'starting' | 'ready' | 'stopping';
}

/** A recovery that takes longer is waited for by the next start: its data is large, or its disk slow. */
export const RECOVERY_LIMIT_MS = 120_000;

/** What a launch came to; a failure in PostgreSQL's own words. */
export type Launch =
  | { readonly state: 'ready' }
  | { readonly state: 'recovering' }
  | { readonly state: 'failed'; readonly output: string };

/**
 * The running server of the folder; null when there is none. A postmaster.pid that names a dead process, or one that is
 * another program by now, is no server.
 */
export async function findPostmaster(folder: StateFolder): Promise<RunningPostmaster | null> {
  // Lines: pid, data directory, start time, port, socket directory, listen address, shared memory, status.
  const lines = (await readState(pidFile(folder)))?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !isPostmasterOf(pid, folder.dataDirectory)) return null;
  const status = lines[7]?.trim();
  const port = Number(lines[3]);
  if (status === 'ready' && port > 0) return { pid, port, status };
  return { pid, port, status: status === 'stopping' ? 'stopping' : 'starting' };
}

/**
 * Waits for a server that starts, recovers or stops. Returns it when it is ready, null when there is none.
 *
 * @param stopLimitMs how long one that is stopping may take
 * @throws EmbeddedServerError when it still recovers after RECOVERY_LIMIT_MS
 */
export async function settle(folder: StateFolder, stopLimitMs: number): Promise<RunningPostmaster | null> {
  const deadline = Date.now() + RECOVERY_LIMIT_MS;
  for (;;) {
    const running = await findPostmaster(folder);
    if (!running || running.status === 'ready') return running;
    if (running.status === 'stopping') await stopPostmaster(folder, stopLimitMs);
    else if (Date.now() > deadline) throw stillRecovering(folder);
    else await sleep(POLL_MS);
  }
}

export function stillRecovering(folder: StateFolder): EmbeddedServerError {
  return new EmbeddedServerError(
    `The embedded PostgreSQL is still recovering from a crash and goes on by itself: start again in a while (its progress: ${folder.logFile}).`,
  );
}

/**
 * Starts the server in a session of its own: no signal of our terminal reaches it, and it survives us.
 * Returns when it takes connections, has given up, or still recovers from a crash after `limitMs` (it goes on by itself).
 */
export async function launchPostmaster(
  folder: StateFolder,
  binaries: Binaries,
  settings: LaunchSettings,
  limitMs: number,
): Promise<Launch> {
  const deadline = Date.now() + limitMs;
  await disarmForeignPid(folder);
  const log = await openLog(folder);
  try {
    const { size } = await log.stat();
    const child = spawn(binaries.postgres, serverArguments(folder, settings), {
      ...runningAs(folder.user),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    const life = { ended: false, error: '' };
    child.once('error', ({ message }) => Object.assign(life, { ended: true, error: message }));
    child.once('exit', () => (life.ended = true));
    child.unref();
    while (!life.ended) {
      const running = await findPostmaster(folder);
      if (running?.pid === child.pid && running?.status === 'ready') return { state: 'ready' };
      if (Date.now() > deadline) return { state: 'recovering' };
      await sleep(POLL_MS);
    }
    return { state: 'failed', output: life.error + (await tail(folder, size)) };
  } finally {
    await log.close();
  }
}

/**
 * Ends the server, if one runs: open transactions are rolled back, everything is written, sessions are cut. One that has
 * not ended after `limitMs` is ended at once and recovers at its next start; committed data is safe either way.
 */
export async function stopPostmaster(folder: StateFolder, limitMs: number): Promise<void> {
  const running = await findPostmaster(folder);
  if (!running) return;
  const steps: readonly [NodeJS.Signals, number][] = [
    ['SIGINT', limitMs],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 2_000],
  ];
  for (const [signal, patienceMs] of steps) {
    send(running.pid, signal);
    if (await hasEnded(folder, running.pid, patienceMs)) {
      if (signal === 'SIGKILL') await endOrphans(folder, 0);
      return;
    }
  }
  throw new EmbeddedServerError(
    `The embedded PostgreSQL (process ${running.pid}) does not end: end it by hand.`,
  );
}

/** Asks the server to stop and does not wait; for the exit of our process, where nothing can wait. */
export function interruptPostmaster(folder: StateFolder): void {
  try {
    const pid = Number.parseInt(readFileSync(pidFile(folder), 'utf8'), 10);
    if (isPostmasterOf(pid, folder.dataDirectory)) process.kill(pid, 'SIGINT');
  } catch {
    // There is none, or it is not ours to stop.
  }
}

/** True when the process has ended as a server of the folder within the time. */
async function hasEnded(folder: StateFolder, pid: number, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while (isPostmasterOf(pid, folder.dataDirectory)) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/**
 * Ends what is left of a server whose postmaster was killed. Its idle processes notice by themselves; one that computes
 * does not, and PostgreSQL refuses to start beside it. They are given `patienceMs` first.
 */
export async function endOrphans(folder: StateFolder, patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs;
  let orphans = await serverProcesses(folder);
  while (orphans.length > 0 && Date.now() < deadline + 5_000) {
    if (Date.now() >= deadline) orphans.forEach((pid) => send(pid, 'SIGKILL'));
    await sleep(POLL_MS);
    orphans = await serverProcesses(folder);
  }
}

function serverArguments(folder: StateFolder, settings: LaunchSettings): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port: settings.port,
    // No socket: its path may have 107 bytes at most, and a shared /tmp is no place for it.
    unix_socket_directories: '',
    max_connections: settings.maxConnections,
    logging_collector: 'off',
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...(settings.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  // -D first: it is by this that a running server is known again.
  return [
    '-D',
    folder.dataDirectory,
    ...Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

/**
 * PostgreSQL does not start when postmaster.pid names any living process of its user, be it another program that got the
 * number since, or a zombie. Only that number is replaced: the file's shared-memory key must stay, since by it PostgreSQL
 * notices processes of the old server that still run.
 */
async function disarmForeignPid(folder: StateFolder): Promise<void> {
  const text = await readState(pidFile(folder));
  const pid = Number(text?.split('\n')[0]);
  if (text === null || !pidExists(pid) || isPostmasterOf(pid, folder.dataDirectory)) return;
  await writeState(pidFile(folder), text.replace(/^.*/, String(NO_SUCH_PID)), 0o600);
}

/** The processes that work in the data directory; looked up as the server's user, since /proc hides it even from a root without CAP_SYS_PTRACE. */
async function serverProcesses(folder: StateFolder): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const { output } = await run(folder.user, '/bin/sh', ['-c', 'ls -l -d /proc/[0-9]*/cwd 2>/dev/null']);
  return output.split('\n').flatMap((line) => {
    const [, pid, directory] = /\/proc\/(\d+)\/cwd -> (.*)$/.exec(line) ?? [];
    return directory === folder.dataDirectory ? [Number(pid)] : [];
  });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH')
      throw explain('The embedded PostgreSQL could not be stopped', String(code), `process ${pid}`);
  }
}

async function tail(folder: StateFolder, from: number): Promise<string> {
  return (await readFile(folder.logFile)).subarray(from).toString();
}

function pidFile(folder: StateFolder): string {
  return join(folder.dataDirectory, 'postmaster.pid');
}
