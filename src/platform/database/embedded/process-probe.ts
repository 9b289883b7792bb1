import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * Questions about processes that we did not start, or no longer own. A process id alone proves nothing: it may have been
 * given to another program since, and kill(pid, 0) says yes to a zombie too. Linux answers from /proc (its small images
 * have no `ps`), other systems by `ps`.
 */
const HAS_PROC = process.platform === 'linux';

/** Whether anything holds this process id, be it a zombie or a process of somebody else. */
export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * What tells this process from a later one with the same id: its start time, in the system's own notation.
 * Null when no such process runs (a zombie does not).
 */
export function processIdentity(pid: number): string | null {
  if (!HAS_PROC) {
    const [state, ...started] = ps(pid, 'stat=,lstart=').split(/\s+/);
    return state && !state.startsWith('Z') ? started.join(' ') : null;
  }
  try {
    // The program's name, in parentheses, may itself hold spaces and parentheses: count the fields after the last one.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** Whether the process is a running postmaster of that data directory (absolute, links resolved). */
export function isPostmasterOf(pid: number, dataDirectory: string): boolean {
  if (!HAS_PROC) {
    const command = ps(pid, 'stat=,command=');
    return !command.startsWith('Z') && command.includes('postgres') && command.includes(` ${dataDirectory}`);
  }
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    // Its children call themselves "postgres: checkpointer" and the like.
    if (basename(words[0] ?? '') !== 'postgres') return false;
    if (words[words.indexOf('-D') + 1] === dataDirectory) return true;
    return workingDirectory(pid) === dataDirectory && processIdentity(pid) !== null;
  } catch {
    return false;
  }
}

/** Null when the process is gone, or belongs to somebody whose processes we may not look into. */
export function workingDirectory(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

function ps(pid: number, columns: string): string {
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', columns], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}
