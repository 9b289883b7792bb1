/**
 * `npm run start:dev`: compiles, runs the product, and restarts it after each change that compiles. One that does not is
 * shown, and the product goes on as it was. The embedded PostgreSQL keeps running from one restart to the next.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exitCodeOf, onStop, passOn, startApplication } from './application.mjs';
import { StartError, findRuntime, root } from './runtime.mjs';

const words = process.argv.slice(2);
let runtime;
let compiler;
let application;
let hold;
let stopping = false;
/** Restarts run one after the other. */
let turn = Promise.resolve();

onStop((signal, times) => {
  stopping = true;
  if (times > 1) {
    if (application) passOn(application, signal, times);
    return;
  }
  compiler?.kill();
  turn = turn.then(async () => {
    await end(application, signal);
    await hold?.release();
    process.exit(0);
  });
});

try {
  runtime = findRuntime();
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(error.message);
  process.exit(1);
}

// What the watcher leaves is no finished build for `npm start`.
rmSync(join(root, 'dist', '.build-hash'), { force: true });
const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
const guard = ['--import', './scripts/stop-with-parent.mjs'];
compiler = spawn(runtime, [...guard, nest, 'build', '--watch', '--preserveWatchOutput'], {
  cwd: root,
  // Out of the terminal's reach: it is stopped by us, or stops itself when we are killed.
  detached: true,
  stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
});
compiler.stdout.setEncoding('utf8').on('data', (text) => {
  process.stdout.write(text);
  if (/Found 0 errors/.test(text)) turn = turn.then(restart);
});
compiler.once('exit', (code) => {
  if (stopping) return;
  console.error(`The compiler ended (exit code ${code}): correct what it says above, then start again.`);
  process.kill(process.pid, 'SIGTERM');
});

async function restart() {
  if (stopping) return;
  await end(application, 'SIGTERM');
  hold ??= await holdEmbeddedServer();
  if (stopping) return;
  application = startApplication(runtime, words);
  const started = application;
  void exitCodeOf(started).then((code) => {
    if (started !== application || stopping) return;
    application = undefined;
    console.log(`Arcana Cloud ended (exit code ${code}); waiting for a change.`);
  });
}

async function end(child, signal) {
  if (!child) return;
  application = undefined;
  child.kill(signal);
  await exitCodeOf(child);
}

/** Undefined with a database of one's own, and when the configuration is wrong: the product says what about it. */
async function holdEmbeddedServer() {
  const load = (path) => import(pathToFileURL(join(root, 'dist', 'src', 'platform', path)).href);
  try {
    const { loadConfig } = await load('config/index.js');
    const { database } = loadConfig({ argv: words }).config;
    if (database.url !== undefined) return undefined;
    const embedded = await load('database/embedded/index.js');
    return await embedded.holdEmbeddedServer(database.embedded_directory);
  } catch {
    return undefined;
  }
}
