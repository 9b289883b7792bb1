import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Binaries } from './binaries.js';
import { EmbeddedServerError, explain } from './embedded-server.error.js';
import { run } from './os-user.js';
import { type StateFolder, readState, writeState } from './state-folder.js';

/** The role that owns everything in the embedded server. */
export const SUPERUSER = 'arcana';

/** Written into a data directory after everything else: one without it was left half-written. */
const MARKER = 'arcana-initialized';

/**
 * Makes the data directory if there is none that is complete. The caller holds the start lock, and no server runs there.
 *
 * It is made beside its place and renamed into it when it is complete, so whatever kills us leaves either nothing or the
 * whole. What an earlier attempt left is removed.
 *
 * @param durable false skips the flush to disk (tests)
 * @returns the superuser's password
 * @throws EmbeddedServerError
 */
export async function ensureCluster(
  folder: StateFolder,
  binaries: Binaries,
  durable: boolean,
  log: (line: string) => void,
): Promise<string> {
  await removeDrafts(folder);
  if (await isComplete(folder.dataDirectory)) {
    await requireMajor(folder, binaries.major);
    return readPassword(folder);
  }
  if (await stat(folder.dataDirectory).catch(() => null)) {
    log(`A first start was interrupted: ${folder.dataDirectory} is incomplete and is made again`);
    await rm(folder.dataDirectory, { recursive: true, force: true, maxRetries: 5 });
  }
  const draft = join(folder.path, `data.new.${randomBytes(4).toString('hex')}`);
  try {
    return await initialize(folder, draft, binaries, durable);
  } catch (error) {
    await rm(draft, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
    throw error;
  }
}

/** Whether the data directory was made to its end. */
export async function isComplete(dataDirectory: string): Promise<boolean> {
  return stat(join(dataDirectory, MARKER)).then(
    () => true,
    () => false,
  );
}

export async function readPassword(folder: StateFolder): Promise<string> {
  const password = (await readState(passwordFile(folder)))?.trim();
  if (password) return password;
  throw new EmbeddedServerError(
    `The password of the embedded PostgreSQL, ${passwordFile(folder)}, is missing: restore that file, or remove ${folder.path} to begin with an empty database.`,
  );
}

function passwordFile(folder: StateFolder): string {
  return join(folder.path, 'password');
}

async function initialize(
  folder: StateFolder,
  draft: string,
  binaries: Binaries,
  durable: boolean,
): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  const { user } = folder;
  await mkdir(draft, { mode: 0o700 });
  // Beside the draft, not in it: initdb wants an empty directory.
  const secret = `${draft}.password`;
  await writeFile(secret, `${password}\n`, { flag: 'wx', mode: 0o600 });
  try {
    if (user) {
      await chown(draft, user.uid, user.gid);
      await chown(secret, user.uid, user.gid);
    }
    const { exitCode, output } = await run(user, binaries.initdb, [
      `--pgdata=${draft}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${secret}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The builtin provider sorts and folds case alike on every system, whatever locales that has.
      '--no-locale',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--data-checksums',
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ]);
    if (exitCode !== 0)
      throw explain('The embedded PostgreSQL could not make its database', output, folder.path);
  } finally {
    await rm(secret, { force: true });
  }
  await writeState(passwordFile(folder), `${password}\n`, 0o600);
  await writeState(join(draft, MARKER), `PostgreSQL ${binaries.major}\n`);
  if (durable) await syncDirectory(draft);
  await rename(draft, folder.dataDirectory);
  if (durable) await syncDirectory(dirname(folder.dataDirectory));
  return password;
}

/** An initdb whose starter was killed may still be writing in its draft: what cannot go now goes at a later start. */
async function removeDrafts(folder: StateFolder): Promise<void> {
  const drafts = (await readdir(folder.path)).filter((name) => name.startsWith('data.new.'));
  const gone = drafts.map((name) => rm(join(folder.path, name), { recursive: true, force: true }));
  await Promise.allSettled(gone);
}

async function requireMajor(folder: StateFolder, major: string): Promise<void> {
  const found = (await readState(join(folder.dataDirectory, 'PG_VERSION')))?.trim();
  if (found && found !== major) {
    throw new EmbeddedServerError(
      `The data in ${folder.path} was written by PostgreSQL ${found} and this release brings ${major}: dump it with the older release and load it here, or move the folder away to begin with an empty database.`,
    );
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  await directory.sync().finally(() => directory.close());
}
