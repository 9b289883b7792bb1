import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../src/platform/config/project-root.ts';

const KEPT_LINES = 40;
const STOP_SECONDS = 30;

/** A Node program in a process of its own, in the project's directory. */
export interface NodeProcess {
  pid: number;
  /** Hands every further line of standard output to `receive`. */
  onLine(receive: (line: string) => void): void;
  /** Ends with the exit code; never rejects. */
  exited: Promise<number | null>;
  /** The last lines of standard output and error, for an error message. */
  lastWords(): string;
  /** SIGTERM, and SIGKILL when that is not enough. */
  stop(): Promise<void>;
}

/** Starts `node <programArguments>` with this process's runtime. */
export function startNode(
  programArguments: string[],
  environment: Record<string, string | undefined> = process.env,
): NodeProcess {
  const child = spawn(process.execPath, programArguments, {
    cwd: projectRoot(),
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`node ${programArguments[0] ?? ''} could not be started.`);

  const kept: string[] = [];
  const keep = (line: string): void => {
    kept.push(line);
    if (kept.length > KEPT_LINES) kept.shift();
  };
  const output = createInterface({ input: child.stdout }).on('line', keep);
  createInterface({ input: child.stderr }).on('line', keep);
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));

  return {
    pid,
    onLine: (receive) => void output.on('line', receive),
    exited,
    lastWords: () => kept.join('\n'),
    stop: async () => {
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1000);
      await exited;
      clearTimeout(impatience);
    },
  };
}
