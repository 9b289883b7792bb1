import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';

/** Counts its runs, and copies `src/*.js` to `dist/src` as the real one compiles TypeScript. */
const COMPILER = `
  import { appendFileSync, cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
  appendFileSync('builds', 'build\\n');
  rmSync('dist', { recursive: true, force: true });
  if (existsSync('src/hang.js')) setInterval(() => {}, 1000);
  else if (readFileSync('src/main.js', 'utf8').includes('syntax error')) {
    console.log('src/main.js: error: ; expected');
    process.exitCode = 1;
  } else cpSync('src', 'dist/src', { recursive: true });
`;

/** Says what reaches it. Ends at the first signal, unless told to hang; then at the second one, with 130. */
const PRODUCT = `
  const words = process.argv.slice(2);
  let signals = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      console.log('got ' + signal);
      if (++signals === 2) process.exit(130);
      if (!words.includes('hang')) setTimeout(() => process.exit(0), 200);
    });
  }
  console.log('ready ' + JSON.stringify({ pid: process.pid, words }));
  const code = words.find((word) => word.startsWith('exit='));
  if (code) process.exit(Number(code.slice(5)));
  setInterval(() => {}, 1000);
`;

/** A small project that is started by the real scripts. */
export interface FixtureProject {
  readonly root: string;
  write(path: string, text: string): Promise<void>;
  /** How often the compiler ran. */
  builds(): Promise<number>;
  remove(): Promise<void>;
}

export async function fixtureProject(): Promise<FixtureProject> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'arcana-project-')));
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await cp('scripts', join(root, 'scripts'), { recursive: true });
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: { start: string } };
  await write(
    'package.json',
    JSON.stringify({ name: 'fixture', type: 'module', scripts: { start: scripts.start } }),
  );
  await write('package-lock.json', '{}');
  await write('src/main.js', PRODUCT);
  await write('src/instrumentation.js', '');
  await write('node_modules/@nestjs/core/package.json', '{}');
  await write('node_modules/@nestjs/cli/package.json', '{ "type": "module" }');
  await write('node_modules/@nestjs/cli/bin/nest.js', COMPILER);
  await mkdir(join(root, 'node_modules/.bin'));
  await symlink(process.execPath, join(root, 'node_modules/.bin/node'));
  await chmod(root, 0o755);
  return {
    root,
    write,
    builds: async () => (await readFile(join(root, 'builds'), 'utf8').catch(() => '')).split('\n').length - 1,
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** A command that runs in a session of its own, as in a terminal of its own. */
export class RunningCommand {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  /** Everything it wrote to standard output, line by line, without colours. */
  readonly output: string[] = [];
  errors = '';

  constructor(cwd: string, words: readonly string[]) {
    const [file, ...rest] = words;
    const env = { PATH: process.env['PATH'], HOME: cwd };
    this.#child = spawn(file!, rest, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#lines.on('line', (line) => {
      const plain = stripVTControlCharacters(line);
      // A terminal shows the Ctrl-C that was typed.
      this.output.push(plain.replace(/^\^C/, '').trim());
    });
    // What a failed test leaves must not keep Jest from ending.
    this.#child.unref();
    for (const stream of this.#child.stdio) (stream as Socket | null)?.unref();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Waits for a line that begins so, and returns the rest of it. */
  async line(begin: string): Promise<string> {
    for (;;) {
      const found = this.output.find((line) => line.startsWith(begin));
      if (found !== undefined) return found.slice(begin.length);
      if (this.#child.exitCode !== null)
        throw new Error(`Ended without "${begin}": ${this.output.join('\n')}${this.errors}`);
      await Promise.race([once(this.#lines, 'line'), once(this.#child, 'exit')]);
    }
  }

  /** Process id of the product, once it is ready. */
  async productPid(): Promise<number> {
    return (JSON.parse(await this.line('ready ')) as { pid: number }).pid;
  }

  /** Sends a signal to the process alone. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal to the whole group, as a terminal does. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Types at its terminal. */
  type(text: string): void {
    this.#child.stdin!.write(text);
  }

  /** Exit code, or the signal that ended it; when its output has been read to the end. */
  async end(): Promise<number | NodeJS.Signals> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode ?? this.#child.signalCode!;
  }

  /** Waits until nothing writes to its output any more: all that it started has ended. */
  async allEnded(): Promise<void> {
    const { stdout, stderr } = this.#child;
    if (!stdout!.destroyed || !stderr!.destroyed) await once(this.#child, 'close');
  }
}
