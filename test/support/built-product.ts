import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jest } from '@jest/globals';
import { projectRoot } from '../../src/platform/config/index.js';
import { scratchDirectory } from './run-directory.js';

const ROOT = projectRoot();
const READY_MS = 90_000;

// It may have to be built first, and many things run beside it.
jest.setTimeout(240_000);

/** How the product is run by `npm start`, the Dockerfile and everybody else. */
const WORDS = [
  '--import',
  './dist/src/instrumentation.js',
  '--no-wasm-dynamic-tiering',
  './dist/src/main.js',
];

export interface Addresses {
  /** Base URLs without a trailing slash. */
  rest: string;
  management: string;
  /** host:port */
  grpc: string;
}

/** A process of the build in dist/. */
export interface BuiltProcess {
  readonly child: ChildProcess;
  /** Where it keeps what it makes. */
  readonly directory: string;
  /** What it has written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when it has said that it is ready. Rejects with its output when it ends before. */
  readonly ready: Promise<Addresses>;
  /** How it ended: its exit code, or the name of the signal that killed it. */
  readonly ended: Promise<number | string>;
  /** Tells it to end and waits until it has. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

interface BuildScript {
  isBuilt(): boolean;
  build(runtime: string): Promise<void>;
}

/** Sees to it that dist/ is the build of the present sources. The first of several who ask at once builds, the others wait. */
export async function ensureBuilt(): Promise<void> {
  const url = pathToFileURL(join(ROOT, 'scripts', 'build.mjs')).href;
  const script = (await import(url)) as BuildScript;
  if (!script.isBuilt()) await script.build(process.execPath);
}

/**
 * Starts the build as a stranger would: nothing of the test run's own settings reaches it.
 * @param env settings in their environment form; listeners are on loopback and free ports unless said otherwise
 * @param options.directory of an earlier process, to start again with its data
 */
export async function startBuilt(
  env: Record<string, string> = {},
  options: { directory?: string } = {},
): Promise<BuiltProcess> {
  await ensureBuilt();
  const directory = options.directory ?? (await scratchDirectory('built'));
  const foreign = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('ARCANA_') && name !== 'NODE_OPTIONS',
  );
  const listeners = ['REST', 'GRPC', 'MANAGEMENT'].flatMap((name) => [
    [`ARCANA_SERVER__${name}__HOST`, '127.0.0.1'],
    [`ARCANA_SERVER__${name}__PORT`, '0'],
  ]);
  const child = spawn(process.execPath, WORDS, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...(Object.fromEntries([...foreign, ...listeners]) as object),
      ARCANA_DATA_DIRECTORY: directory,
      ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // `close` comes when all that it wrote has been read.
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const ready = announced(child, ended, () => `${stdout}\n${stderr}`);
  // Whoever does not wait for it expects the start to fail.
  ready.catch(() => undefined);
  const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> => {
    child.kill(signal);
    return ended;
  };
  return { child, directory, stdout: () => stdout, stderr: () => stderr, ready, ended, stop };
}

function announced(child: ChildProcess, ended: Promise<unknown>, output: () => string): Promise<Addresses> {
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => reject(new Error(`The product ${what}:\n${output()}`));
    const timer = setTimeout(() => fail('did not get ready'), READY_MS);
    void ended.then((how) => {
      clearTimeout(timer);
      fail(`ended with ${String(how)} before it was ready`);
    });
    child.stdout!.on('data', () => {
      const [rest, grpc, metrics] = ['REST', 'gRPC', 'Metrics'].map(
        (name) => new RegExp(`^ +${name} +(\\S+)$`, 'm').exec(output())?.[1],
      );
      if (rest === undefined || grpc === undefined || metrics === undefined) return;
      clearTimeout(timer);
      resolve({ rest: new URL(rest).origin, grpc, management: new URL(metrics).origin });
    });
  });
}
