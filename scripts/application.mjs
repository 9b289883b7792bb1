/** Runs the built product as a child process, and passes on what concerns it: signals, exit code, our own end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { root } from './runtime.mjs';

/** What the product is always run with. The instrumentation comes first: it wraps what is loaded after it. */
const FLAGS = [
  ...['--import', './dist/src/instrumentation.js'],
  ...['--import', './scripts/stop-with-parent.mjs'],
  '--no-wasm-dynamic-tiering',
];

/**
 * Password hashes, file access and signatures share this pool of Node.js. With its 4 threads, as many hashes at once would
 * keep the verification of every token waiting.
 */
const THREADS = '16';

/** One Ctrl-C arrives from the terminal and once more from npm; signals this close together are one. */
const SAME_SIGNAL_MS = 500;
/** A process that was told twice and is still there after this is killed. */
const PATIENCE_MS = 2_000;
const PARENT_CHECK_MS = 500;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Starts the product. In a session of its own, so that it gets each signal from us alone and exactly once, and not from
 * the terminal too; when we are killed it notices and stops (stop-with-parent.mjs).
 */
export function startApplication(runtime, words) {
  return spawn(runtime, [...FLAGS, './dist/src/main.js', ...words], {
    cwd: root,
    detached: true,
    env: { UV_THREADPOOL_SIZE: THREADS, ...process.env },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
}

/** Waits for the end of a process. Resolves to its exit code; 128 + n when signal n ended it, as a shell has it. */
export async function exitCodeOf(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? 128 + (constants.signals[child.signalCode] ?? 0);
}

/**
 * Calls `stop(signal, times)` for a signal to us, and when npm, which does not pass on every signal, is gone. `times` is 1 for the first,
 * 2 when told again, and so on; what comes within half a second of the last counts as the same.
 */
export function onStop(stop) {
  let times = 0;
  let last = Number.NEGATIVE_INFINITY;
  const tell = (signal) => {
    const now = performance.now();
    if (now - last < SAME_SIGNAL_MS) return;
    last = now;
    stop(signal, ++times);
  };
  for (const signal of SIGNALS) process.on(signal, () => tell(signal));
  if (!process.env.npm_lifecycle_event) return;
  const parents = livingParents();
  const check = setInterval(() => {
    if (livingParents() === parents) return;
    clearInterval(check);
    tell('SIGTERM');
  }, PARENT_CHECK_MS);
  check.unref();
}

/** Passes the signal on; the second time too, which ends the product at once, and then kills it if even that fails. */
export function passOn(child, signal, times) {
  child.kill(times > 2 ? 'SIGKILL' : signal);
  if (times === 2) setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS).unref();
}

/** npm runs a shell that runs us: the shell's parent counts too, where /proc can tell it. */
function livingParents() {
  const parent = process.ppid;
  try {
    const [, name, rest] = /\((.*)\) (.*)/s.exec(readFileSync(join('/proc', String(parent), 'stat'), 'utf8'));
    return /^(ba|da|z|k)?sh$/.test(name) ? `${parent} ${rest.split(' ')[1]}` : `${parent}`;
  } catch {
    return `${parent}`;
  }
}
