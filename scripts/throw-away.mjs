/**
 * A product that lives as long as a script needs it: the build in dist/, on loopback and free ports, with a directory and
 * an embedded database of its own that are gone afterwards.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodeOf } from './application.mjs';
import { build, isBuilt } from './build.mjs';
import { findRuntime, root } from './runtime.mjs';

const READY_MS = 120_000;
const STOP_MS = 30_000;

/**
 * Builds if the sources have changed, starts, and waits until it is ready.
 *
 * @param {Record<string, string>} settings further settings in their environment form
 * @returns where it is, how its super_admin signs in, its data directory, and `stop()`, which ends all of it
 * @throws Error with the output when it does not get ready
 */
export async function startThrowAway(settings = {}) {
  const runtime = findRuntime();
  if (!isBuilt()) await build(runtime);
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'arcana-throw-away-')));
  // As root, PostgreSQL runs as another user, who must get through.
  chmodSync(directory, 0o711);
  const admin = { email: 'admin@example.test', password: `Aa1-${randomBytes(12).toString('base64url')}` };
  const listeners = ['REST', 'GRPC', 'MANAGEMENT'].flatMap((name) => [
    [`ARCANA_SERVER__${name}__HOST`, '127.0.0.1'],
    [`ARCANA_SERVER__${name}__PORT`, '0'],
  ]);
  // What the caller's own product is configured with concerns this one not.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ARCANA_'));
  const words = ['--import', './dist/src/instrumentation.js', '--import', './scripts/stop-with-parent.mjs'];
  const child = spawn(runtime, [...words, '--no-wasm-dynamic-tiering', './dist/src/main.js'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...Object.fromEntries([...inherited, ...listeners]),
      ARCANA_DATA_DIRECTORY: directory,
      ARCANA_BOOTSTRAP__ADMIN_EMAIL: admin.email,
      ARCANA_BOOTSTRAP__ADMIN_PASSWORD: admin.password,
      ...settings,
    },
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exitCodeOf(child);
    clearTimeout(kill);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    return { ...(await announced(child)), admin, directory, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for the banner and takes the addresses from it. */
function announced(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (what) => reject(new Error(`The product ${what}:\n${output}`));
    const timer = setTimeout(() => fail(`was not ready after ${READY_MS / 1000} s`), READY_MS);
    const read = (text) => {
      output += text;
      const [rest, grpc, metrics] = ['REST', 'gRPC', 'Metrics'].map(
        (name) => new RegExp(`^ +${name} +(\\S+)$`, 'm').exec(output)?.[1],
      );
      if (!rest || !grpc || !metrics) return;
      clearTimeout(timer);
      resolve({ rest: new URL(rest).origin, grpc, management: new URL(metrics).origin });
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
    child.once('exit', (code, signal) => fail(`ended (${signal ?? code}) before it was ready`));
  });
}
