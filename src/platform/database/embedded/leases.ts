import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from './process-probe.js';

/** One user of the server: a process, which may hold several. */
export interface Lease {
  /** Ends it. True when no other live process uses the server, which may then be stopped. Harmless when repeated. */
  end(): boolean;
}

/**
 * Notes that this process uses the server of the folder. The note of a process that died does not count.
 * Synchronous throughout, because the last chance to end a lease is the process's exit event.
 */
export function takeLease(path: string): Lease {
  const folder = join(path, 'users');
  mkdirSync(folder, { recursive: true });
  const name = `${process.pid}.${randomBytes(6).toString('hex')}`;
  // In one step, so that nobody takes a half-written note for a dead process's.
  writeFileSync(join(folder, `draft.${name}`), String(processIdentity(process.pid)), { mode: 0o644 });
  renameSync(join(folder, `draft.${name}`), join(folder, name));
  return {
    end() {
      rmSync(join(folder, name), { force: true });
      return liveLeases(folder).length === 0;
    },
  };
}

/** How many leases live processes hold. */
export function countLeases(path: string): number {
  return liveLeases(join(path, 'users')).length;
}

function liveLeases(folder: string): string[] {
  return readdirSync(folder).filter((name) => {
    if (name.startsWith('draft.')) return false;
    const file = join(folder, name);
    const alive = processIdentity(Number.parseInt(name, 10)) === identityIn(file);
    if (!alive) rmSync(file, { force: true });
    return alive;
  });
}

function identityIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
