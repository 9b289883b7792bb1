import { spawn, spawnSync } from 'node:child_process';
import { EmbeddedServerError, OWN_DATABASE } from './embedded-server.error.js';

/** The user PostgreSQL runs as when we are root, which it refuses to be. */
export interface OsUser {
  readonly uid: number;
  readonly gid: number;
}

export interface Outcome {
  /** Null when the program could not be started at all. */
  readonly exitCode: number | null;
  readonly output: string;
}

/** Made when root has no `postgres` user to fall back on; owns nothing but the server's data. */
const OWN_USER = 'arcana-postgres';

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The user to run as: an existing `postgres`, else one that we create, else `nobody` (a container whose /etc is read-only).
 *
 * @throws EmbeddedServerError when there is none of them
 */
export function unprivilegedUser(log: (line: string) => void): OsUser {
  const existing = lookUp('postgres') ?? lookUp(OWN_USER);
  if (existing) return existing;
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  spawnSync('useradd', [...options, '--shell', '/usr/sbin/nologin', OWN_USER], { stdio: 'ignore' });
  // Looked up whatever useradd said: another starter may have been quicker.
  const created = lookUp(OWN_USER);
  if (created) {
    log(`PostgreSQL does not run as root: it runs as the OS user ${OWN_USER}, made for it`);
    return created;
  }
  const nobody = lookUp('nobody');
  if (nobody) {
    log('PostgreSQL does not run as root and no user could be made for it: it runs as nobody');
    return nobody;
  }
  throw new EmbeddedServerError(
    `PostgreSQL does not run as root and there is no other OS user for it: create one named postgres, or ${OWN_DATABASE}.`,
  );
}

/** Options for spawn() that make the child run as the user, in a folder that every user can enter. */
export function runningAs(user: OsUser | null): {
  uid?: number;
  gid?: number;
  cwd: string;
  env: NodeJS.ProcessEnv;
} {
  return {
    ...(user ? { uid: user.uid, gid: user.gid } : {}),
    cwd: '/',
    // A clean environment: PGDATA, PGPORT, LD_LIBRARY_PATH and locale variables of the terminal would change the server.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' },
  };
}

/** Runs a program to its end as the user and keeps what it says. Never throws: what failed is in the outcome. */
export function run(user: OsUser | null, file: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(file, args, { ...runningAs(user), stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', (error) => resolve({ exitCode: null, output: `${output}${error.message}` }));
    child.once('close', (exitCode) => resolve({ exitCode: exitCode ?? 1, output }));
  });
}

function lookUp(name: string): OsUser | null {
  const [uid, gid] = ['-u', '-g'].map((flag) => {
    const { status, stdout } = spawnSync('id', [flag, name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return status === 0 ? Number(stdout) : Number.NaN;
  });
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid: uid!, gid: gid! } : null;
}
