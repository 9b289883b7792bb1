import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import pg from 'pg';
import {
  startEmbeddedServer,
  type EmbeddedServer,
  type EmbeddedServerOptions,
} from '../../src/platform/database/embedded/index.js';

const ROOT = process.cwd();

/** How and where a program of the tests runs; by default as ourselves, from this project. */
export interface Place {
  readonly user?: { readonly uid: number; readonly gid: number };
  /** A project root that holds `src/platform/database/embedded` and `test/support`. */
  readonly root?: string;
}

/** A server, and what its log function was told. */
export interface StartedServer extends EmbeddedServer {
  readonly lines: readonly string[];
}

/** A process that uses an embedded server. `stop()` has it stop the server and exit. */
export interface EmbeddedApp extends StartedServer {
  readonly child: ChildProcess;
  /** Has it exit without stopping anything. */
  exit(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

interface Answer extends Omit<EmbeddedApp, 'child' | 'stop' | 'exit' | 'kill'> {
  readonly error?: { readonly name: string; readonly message: string };
}

/** Starts the server from this very process. Rejects as `startApp` does. */
export async function startHere(options: EmbeddedServerOptions): Promise<StartedServer> {
  const lines: string[] = [];
  try {
    return { ...(await startEmbeddedServer({ ...options, log: (line) => void lines.push(line) })), lines };
  } catch (error) {
    const { name, message } = error as Error;
    throw new Error(`${name}: ${message}`, { cause: error });
  }
}

/** Starts a process that starts the server; resolves when it has. Rejects with its one sentence when it could not. */
export async function startApp(
  options: EmbeddedServerOptions & { hold?: boolean },
  place: Place = {},
): Promise<EmbeddedApp> {
  const child = spawnApp(options, place);
  const { error, ...server } = await answerOf(child);
  if (error) throw new Error(`${error.name}: ${error.message}`);
  const order = async (line: string) => {
    const exit = once(child, 'exit');
    child.stdin!.write(`${line}\n`);
    await exit;
  };
  return {
    ...server,
    child,
    stop: () => order('stop'),
    exit: () => order('exit'),
    kill: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** The same without waiting for its answer. */
export function spawnApp(
  options: EmbeddedServerOptions & { hold?: boolean },
  place: Place = {},
): ChildProcess {
  const root = place.root ?? ROOT;
  const program = [
    `--import=${resolve(root, 'test/support/run-typescript.mjs')}`,
    resolve(root, 'test/support/embedded-app.ts'),
  ];
  const child = spawn(process.execPath, [...program, JSON.stringify(options)], {
    ...place.user,
    cwd: '/',
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // One that a failed test leaves does not keep Jest from ending; it ends itself when its input closes.
  child.unref();
  (child.stdin as Socket).unref();
  (child.stdout as Socket).unref();
  return child;
}

async function answerOf(child: ChildProcess): Promise<Answer> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line) as Answer;
  throw new Error('The process ended without an answer');
}

/** Runs one statement in a session of its own and returns the rows. */
export async function query(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text, values)).rows as Record<string, unknown>[];
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Process id of the server of a data directory, as its postmaster.pid says. */
export async function postmasterPid(dataDirectory: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8'), 10);
}

/** Ids of all processes, of any user, that run a program of PostgreSQL with this folder as argument or working directory. */
export async function serverProcesses(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const words = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => '');
    if (/^[^\0]*(postgres|initdb)/.test(words) && (words.includes(folder) || cwd.startsWith(folder)))
      found.push(Number(name));
  }
  return found;
}
