import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Linux reports process times in these ticks on every platform it runs Node on. */
const TICKS_PER_SECOND = 100;
/** Positions of utime and stime in /proc/<pid>/stat, counted behind the program's name. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/**
 * Processor seconds a process has used in all its threads since it was started.
 *
 * @returns undefined where the system has no /proc
 */
export function cpuSecondsOf(pid: number): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name stands in brackets and may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_PER_SECOND;
}

/** Processor seconds all processes of the machine have used since it was started. */
export function cpuSecondsOfMachine(): number {
  const milliseconds = cpus().reduce(
    (sum, { times }) => sum + times.user + times.nice + times.sys + times.irq,
    0,
  );
  return milliseconds / 1000;
}
