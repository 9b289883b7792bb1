import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  open,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedServerError, explain } from './embedded-server.error.js';
import { type OsUser, isRoot, run, unprivilegedUser } from './os-user.js';

/** Where a project lives that no other user can look into (a 0700 home): its server's folder goes here instead. */
const OUTSIDE = '/var/lib/arcana-cloud';

/** Enough to pass through, not to list: the server's user must reach `data`, and nobody needs to see the rest. */
const FOLDER_MODE = 0o711;

/** What the system says to whoever works on the folder while another starter replaces it by a link. */
const MOVING = new Set(['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR']);

/**
 * The folder of one embedded server. As root it belongs to root and only `data` is the server's, so that the server's
 * user can neither read the password nor plant a link where root writes.
 */
export interface StateFolder {
  /** Absolute, links resolved: what a running server shows as its `-D` is under this very path. */
  readonly path: string;
  readonly dataDirectory: string;
  readonly logFile: string;
  /** Null when we run the server as ourselves. */
  readonly user: OsUser | null;
}

/**
 * Finds or makes the folder, and the OS user who can reach it.
 *
 * @param directory where the caller wants it; becomes a link when the server's user cannot get there
 * @throws EmbeddedServerError
 */
export async function openStateFolder(directory: string, log: (line: string) => void): Promise<StateFolder> {
  const wanted = resolve(directory);
  for (let attempt = 1; ; attempt++) {
    try {
      return await findOrMake(wanted, log);
    } catch (error) {
      if (error instanceof EmbeddedServerError) throw error;
      // Another starter is replacing the folder by a link at this moment.
      const moving = MOVING.has((error as NodeJS.ErrnoException).code ?? '');
      if (!moving || attempt === 40) {
        throw explain(
          `The folder ${wanted} of the embedded PostgreSQL cannot be made`,
          String(error),
          wanted,
        );
      }
      await sleep(50);
    }
  }
}

async function findOrMake(wanted: string, log: (line: string) => void): Promise<StateFolder> {
  await makeFolder(wanted);
  let path = await realpath(wanted);
  const user = isRoot() ? await serverUser(path, log) : null;
  if (user && !(await canEnter(user, path))) path = await moveOutside(wanted, path, user);
  if (path !== wanted) log(`PostgreSQL keeps the data of ${wanted} in ${path}`);
  return { path, dataDirectory: join(path, 'data'), logFile: join(path, 'server.log'), user };
}

/** Writes a file as a whole or not at all; it belongs to the owner of the folder. `mode` 0644 unless given. */
export async function writeState(path: string, text: string, mode = 0o644): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}.new`;
  const file = await open(draft, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.chmod(mode);
    if (isRoot()) {
      const { uid, gid } = await stat(dirname(path));
      await file.chown(uid, gid);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** The text of a file; null when there is none. */
export async function readState(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
}

/** Opens the server's log for appending; one that has grown is put aside first. */
export async function openLog(folder: StateFolder, maxBytes = 8 * 1024 * 1024) {
  const size = await lstat(folder.logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > maxBytes) await rename(folder.logFile, `${folder.logFile}.1`);
  // Not through a link: we may be root, writing in a folder that is not root's.
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  const file = await open(folder.logFile, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
  if (isRoot()) {
    const { uid, gid } = await stat(folder.path);
    await file.chown(uid, gid);
  }
  return file;
}

async function makeFolder(path: string): Promise<void> {
  const link = await readlink(path).catch(() => null);
  const real = link === null ? path : resolve(dirname(path), link);
  const first = await mkdir(real, { recursive: true });
  // A strict umask would close the folders we just made to the server's user.
  if (first && isRoot()) {
    for (let made = real; made.length >= first.length; made = dirname(made)) await chmod(made, FOLDER_MODE);
  }
}

/** Whoever owns the data, or else the folder: a server that an ordinary user made stays that user's when root starts it. */
async function serverUser(path: string, log: (line: string) => void): Promise<OsUser> {
  const owner = await stat(join(path, 'data')).catch(() => stat(path));
  return owner.uid === 0 ? unprivilegedUser(log) : { uid: owner.uid, gid: owner.gid };
}

async function canEnter(user: OsUser, path: string): Promise<boolean> {
  const probe = join(path, `probe.${randomBytes(4).toString('hex')}`);
  await mkdir(probe, { mode: 0o700 });
  try {
    // Some mounts take no chown, or take it and forget it: the folder must really be the user's, and closed to others.
    await chown(probe, user.uid, user.gid);
    const outcome = await run(user, '/bin/sh', ['-c', 'cd "$1" && : > file && rm file', 'sh', probe]);
    if (outcome.exitCode === null) {
      throw new EmbeddedServerError(
        `PostgreSQL does not run as root and this system does not let root start it as OS user ${user.uid}: start as an ordinary user.`,
      );
    }
    return outcome.exitCode === 0;
  } catch (error) {
    if (error instanceof EmbeddedServerError) throw error;
    return false;
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
}

async function moveOutside(wanted: string, path: string, user: OsUser): Promise<string> {
  const hasData = await stat(join(path, 'data')).then(
    () => true,
    () => false,
  );
  // What we saw may have been behind the link that another starter has just put in place of the folder.
  if ((await realpath(wanted)) !== path)
    throw Object.assign(new Error('The folder has moved'), { code: 'EEXIST' });
  if (hasData) {
    throw new EmbeddedServerError(
      `OS user ${user.uid}, who owns the database in ${path}, can no longer reach it: open the folders above to that user (chmod o+x).`,
    );
  }
  const outside = join(OUTSIDE, createHash('sha256').update(wanted).digest('hex').slice(0, 16));
  await makeFolder(outside);
  await chmod(OUTSIDE, 0o755);
  await chmod(outside, FOLDER_MODE);
  if (!(await canEnter(user, outside))) {
    throw new EmbeddedServerError(
      `OS user ${user.uid} can reach neither ${wanted} nor ${outside}, where PostgreSQL could keep its data: open the folders above one of them (chmod o+x), or start as an ordinary user.`,
    );
  }
  // Fails when another starter works in the folder, or has already made the link: then we look again.
  await rmdir(wanted);
  await symlink(outside, wanted);
  return outside;
}
