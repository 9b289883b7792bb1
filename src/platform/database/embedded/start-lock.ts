import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, readdir, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedServerError } from './embedded-server.error.js';
import { processIdentity } from './process-probe.js';

const RELEASED = 'released';
const RETRY_MS = 50;

/**
 * One process at a time may start or stop the server of a folder. The lock of a process that was killed is free at once.
 *
 * Files `1`, `2`, `3` ... are the lock's holders in turn; the highest number counts. Who finds it released, or its holder
 * dead, tries to create the next number: that is atomic, so one wins. The highest is never removed, so a slow contender
 * that creates a number already passed sees a higher one and gives way. (One file that is removed and made again cannot
 * do this: two processes that find its holder dead would each remove it, the second time a live one's.)
 *
 * @param limitMs how long to wait for the holder
 * @throws EmbeddedServerError when another process holds it longer
 */
export async function withStartLock<T>(path: string, limitMs: number, work: () => Promise<T>): Promise<T> {
  const release = await acquire(join(path, 'lock'), limitMs);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(folder: string, limitMs: number): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const deadline = Date.now() + limitMs;
  for (;;) {
    const turn = await tryAcquire(folder);
    if (turn !== null) return () => replace(folder, turn, RELEASED);
    if (Date.now() > deadline) {
      throw new EmbeddedServerError(
        `Another process has been starting or stopping the embedded PostgreSQL for ${Math.round(limitMs / 1000)} seconds: wait for it or end it, then start again.`,
      );
    }
    await sleep(RETRY_MS);
  }
}

async function tryAcquire(folder: string): Promise<number | null> {
  const last = await highest(folder);
  if (last > 0 && (await isHeld(join(folder, String(last))))) return null;
  const mine = last + 1;
  if (!(await create(folder, mine))) return null;
  const now = await highest(folder);
  if (now > mine) {
    await unlink(join(folder, String(mine))).catch(() => undefined);
    return null;
  }
  for (const name of await readdir(folder)) {
    const passed = turnOf(name) > 0 && turnOf(name) < mine;
    const abandoned = name.startsWith('draft.') && processIdentity(Number(name.split('.')[1])) === null;
    if (passed || abandoned) await rm(join(folder, name), { force: true });
  }
  return mine;
}

async function highest(folder: string): Promise<number> {
  return Math.max(0, ...(await readdir(folder)).map(turnOf));
}

function turnOf(name: string): number {
  return /^\d+$/.test(name) ? Number(name) : 0;
}

async function isHeld(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => RELEASED);
  if (text === RELEASED) return false;
  const [pid, ...identity] = text.split(' ');
  return processIdentity(Number(pid)) === identity.join(' ');
}

/** Creates the turn's file with its content in one step (a link to a finished draft); false when it exists. */
async function create(folder: string, turn: number): Promise<boolean> {
  const draft = join(folder, `draft.${process.pid}.${randomBytes(4).toString('hex')}`);
  await writeFile(draft, `${process.pid} ${processIdentity(process.pid)}`, { flag: 'wx', mode: 0o644 });
  try {
    await link(draft, join(folder, String(turn)));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(draft);
  }
}

async function replace(folder: string, turn: number, text: string): Promise<void> {
  const draft = join(folder, `draft.${process.pid}.${randomBytes(4).toString('hex')}`);
  await writeFile(draft, text, { flag: 'wx', mode: 0o644 });
  await rename(draft, join(folder, String(turn)));
}
