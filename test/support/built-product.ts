import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/config/index.js';
import { createTestDatabase } from './embedded-postgres.js';
import { scratchDirectory } from './run-directory.js';
import { ADMIN, FREE_PORTS, migratedTemplate } from './application.js';
import {
  expectNoLeaks,
  leaksIn,
  noteSecretFile,
  noteSecretSettings,
  personalDataIn,
} from './used-secrets.js';
import { linesOf } from './written-places.js';

const FLAGS = [
  '--import',
  './dist/src/instrumentation.js',
  '--no-wasm-dynamic-tiering',
  './dist/src/main.js',
];

/** The product as it is shipped, in a process of its own. */
export interface BuiltProduct {
  readonly process: ChildProcess;
  readonly restUrl: string;
  /** host:port */
  readonly grpcTarget: string;
  readonly managementUrl: string;
  /** Where it keeps mails and secrets. */
  readonly directory: string;
  /** Everything it has written to standard output so far. */
  output(): string;
  errors(): string;
  /**
   * Sends the signal and waits for the end.
   * @returns the exit code, null when a signal ended it
   * @throws Error when it has written a secret of the tests, or personal data into its log
   */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** What a run that never got ready left behind. */
export interface FailedStart {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** The environment of a child: ours without what is set for the tests alone, which the product would refuse. */
export function childEnvironment(env: Record<string, string>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(ARCANA_|NODE_OPTIONS$|JEST_)/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...env };
}

/** Builds `dist/` unless it is what the sources would give. Specs that ask at once wait for each other. */
export async function ensureBuilt(root = projectRoot()): Promise<void> {
  const { build } = (await import(join(root, 'scripts/build.mjs'))) as {
    build(runtime: string): Promise<void>;
  };
  await build(process.execPath);
}

interface StartOptions {
  args?: string[];
  /** Another checkout than this one; it must be built. */
  root?: string;
}

function launch(env: Record<string, string>, { args = [], root = projectRoot() }: StartOptions) {
  noteSecretSettings(env);
  const child = spawn(process.execPath, [...FLAGS, ...args], {
    cwd: root,
    env: childEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.errors += chunk));
  return { child, text };
}

/** Settings of a product beside others: free ports, a folder and a migrated database of its own. */
export async function isolatedSettings(): Promise<Record<string, string>> {
  const { url } = await createTestDatabase({ template: await migratedTemplate() });
  return {
    ...FREE_PORTS,
    ARCANA_DATA_DIRECTORY: await scratchDirectory('product'),
    ARCANA_DATABASE__URL: url,
    ARCANA_DATABASE__MAX_CONNECTIONS: '5',
    ARCANA_BOOTSTRAP__ADMIN_EMAIL: ADMIN.email,
    ARCANA_BOOTSTRAP__ADMIN_PASSWORD: ADMIN.password,
  };
}

/** Starts the build and waits until it says that it is ready. @throws Error with what it wrote when it ends instead */
export async function startBuilt(
  env: Record<string, string>,
  options: StartOptions = {},
): Promise<BuiltProduct> {
  const { child, text } = launch(env, options);
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', () => {
      if (/^ {2}Queue {7}.*\n/m.test(text.output)) resolve();
    });
  });
  const ended = await Promise.race([ready, exited.then((code) => ({ code }))]);
  if (ended) throw new Error(`The product ended with ${ended.code}:\n${text.errors}\n${text.output}`);
  const shown = (name: string): string => new RegExp(`^ {2}${name} +(\\S+)`, 'm').exec(text.output)![1]!;
  return {
    process: child,
    restUrl: shown('REST').replace(/\/api\/v1$/, ''),
    grpcTarget: shown('gRPC'),
    managementUrl: shown('Metrics').replace(/\/metrics$/, ''),
    directory: env['ARCANA_DATA_DIRECTORY'] ?? '',
    output: () => text.output,
    errors: () => text.errors,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const code = await exited;
      noteSecretFile(join(env['ARCANA_DATA_DIRECTORY'] ?? '', 'jwt-secret'), 'the signing secret');
      expectNothingToldBy(text);
      return code;
    },
  };
}

/** Starts the build where it must not come up, and waits for its end. */
export async function failToStart(
  env: Record<string, string>,
  options: StartOptions = {},
): Promise<FailedStart> {
  const { child, text } = launch(env, options);
  const [code] = (await once(child, 'close')) as [number | null];
  expectNothingToldBy(text);
  return { code, ...text };
}

/** The first password of the first start is told once, on the terminal: that line is meant to be read. */
const FIRST_PASSWORD = /^ {2}Password +\S+$/m;

function expectNothingToldBy({ output, errors }: { output: string; errors: string }): void {
  const told = linesOf(output.replace(FIRST_PASSWORD, ''), 'standard output');
  const failures = linesOf(errors, 'standard error');
  expectNoLeaks([
    ...leaksIn([...told.all, ...failures.all]),
    ...personalDataIn([...told.atInfo, ...failures.atInfo]),
  ]);
}
