/**
 * Builds `dist/`, and knows whether that is needed.
 *
 *   node scripts/build.mjs    builds whatever was built before
 *
 * `dist/.build-hash` holds a hash of everything the build reads. It is removed before a build and written after it, so a
 * build that was interrupted is never taken for a finished one.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { StartError, findRuntime, root } from './runtime.mjs';

/** Files and folders that decide what the build yields. */
const SOURCES = ['src', 'migrations', 'proto', 'package.json', 'package-lock.json', 'nest-cli.json'];
const CONFIGURATION = /^tsconfig.*\.json$/;

const hashFile = join(root, 'dist', '.build-hash');
const entryFile = join(root, 'dist', 'src', 'main.js');
const lockFile = join(root, '.arcana', 'build.lock');

/** Whether `dist/` is what a build of the present sources would yield. */
export function isBuilt() {
  return existsSync(entryFile) && existsSync(hashFile) && readFileSync(hashFile, 'utf8') === sourcesHash();
}

/**
 * Builds, once at a time in this project. The build's own messages are shown when it fails.
 *
 * @param {string} runtime path of Node.js
 * @param {{ force?: boolean, signal?: AbortSignal }} options force builds what is built; signal ends the build
 * @throws StartError
 */
export async function build(runtime, { force = false, signal } = {}) {
  const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  if (!existsSync(nest)) {
    throw new StartError('The build tools are not installed: run npm ci without --omit=dev, then npm start.');
  }
  await lock(signal);
  try {
    if (!force && isBuilt()) return;
    const hash = sourcesHash();
    rmSync(hashFile, { force: true });
    const { code, output } = await run(runtime, [nest, 'build'], signal);
    signal?.throwIfAborted();
    if (code !== 0 || !existsSync(entryFile)) {
      throw new StartError(
        `${output.trim()}\nThe build failed: correct what it names above, then start again.`.trim(),
      );
    }
    writeFileSync(`${hashFile}.new`, hash);
    renameSync(`${hashFile}.new`, hashFile);
  } finally {
    rmSync(lockFile, { force: true });
  }
}

/** Names and contents of all sources, and nothing else: a fresh checkout of the same commit has the same hash. */
export function sourcesHash() {
  const hash = createHash('sha256');
  const settings = readdirSync(root).filter((name) => CONFIGURATION.test(name));
  for (const file of [...SOURCES, ...settings].flatMap((name) => filesUnder(join(root, name))).sort()) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) return filesUnder(inner);
    // Unit tests stand beside the code and are no part of the build.
    return entry.name.endsWith('.spec.ts') ? [] : [inner];
  });
}

/** Two builds at once would delete each other's files. The lock of a process that died does not count. */
async function lock(signal) {
  mkdirSync(join(root, '.arcana'), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST')
        throw new StartError(`The project folder cannot be written to (${error.code}): start as its owner.`);
    }
    if (!isAlive(readLock())) rmSync(lockFile, { force: true });
    else await sleep(100, undefined, { signal });
  }
}

function readLock() {
  try {
    return Number(readFileSync(lockFile, 'utf8'));
  } catch {
    return 0;
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function run(file, words, signal) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(file, words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], signal });
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', (error) => resolve({ code: 1, output: `${output}${error.message}` }));
    child.once('close', (code) => resolve({ code, output }));
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await build(findRuntime(), { force: true });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
