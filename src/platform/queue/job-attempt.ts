import { inspect } from 'node:util';
import type { JobContext } from './job-handler.js';

/** Longest log line and error text that is kept. */
const MAX_LINE = 2_000;

/** Why a running job is asked to stop. */
export class JobTimeout extends Error {
  constructor(milliseconds: number) {
    super(`Timed out after ${milliseconds} ms.`);
  }
}

/** The process is about to end. */
export class Shutdown extends Error {
  constructor() {
    super('shutdown');
  }
}

/** Text that can be stored and shown. */
export const storableLine = (text: string): string =>
  text.replaceAll('\0', '\uFFFD').slice(0, MAX_LINE).toWellFormed();

/** Whatever was thrown, as an Error of our own: the queue leaves a job in limbo when `undefined` is thrown, and reads meaning into some names. */
export function asFailure(thrown: unknown): Error {
  const isError = thrown instanceof Error;
  const message = isError
    ? thrown.message || thrown.name
    : `Thrown, but no Error: ${inspect(thrown, { depth: 1 })}`;
  const failure = new Error(storableLine(message), { cause: thrown });
  if (isError && thrown.stack) failure.stack = storableLine(thrown.stack);
  return failure;
}

interface AttemptOptions {
  readonly attempt: number;
  readonly jobId: string;
  readonly correlationId: string;
  readonly timeoutMs: number;
  readonly graceMs: number;
  /** Told of progress and lines, never after the end. */
  readonly onNews: (news: { progress?: number; lines?: string[] }) => void;
}

/** One attempt at one job: its signal, its clock, and what it may still tell. */
export class JobAttempt {
  readonly #abort = new AbortController();
  readonly #options: AttemptOptions;
  #isOver = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Asks the work to stop. The first reason stands. @param graceMs how long it may take before it is left behind */
  abort(reason: Error, graceMs = this.#options.graceMs): void {
    if (this.#isOver || this.signal.aborted) return;
    this.#graceMs = graceMs;
    this.#abort.abort(reason);
  }
  #graceMs = 0;

  /**
   * Does the work, for no longer than its time and the grace after it. Work that does not stop is left behind: what
   * it still tells is ignored.
   * @throws whatever the work threw, or the reason for which it was left behind
   */
  async run<T>(work: (context: JobContext) => Promise<T>): Promise<T> {
    const { timeoutMs } = this.#options;
    const soft = setTimeout(() => this.abort(new JobTimeout(timeoutMs)), timeoutMs);
    let hard: NodeJS.Timeout | undefined;
    const leftBehind = new Promise<never>((_, reject) => {
      this.signal.addEventListener('abort', () => {
        hard = setTimeout(() => reject(this.signal.reason as Error), this.#graceMs);
      });
    });
    try {
      return await Promise.race([work(this.#context()), leftBehind]);
    } finally {
      this.#isOver = true;
      clearTimeout(soft);
      clearTimeout(hard);
    }
  }

  #context(): JobContext {
    const { attempt, jobId, correlationId, onNews } = this.#options;
    return {
      signal: this.signal,
      attempt,
      jobId,
      correlationId,
      progress: (percent) => {
        if (this.#isOver) return;
        onNews({ progress: Math.round(Math.min(100, Math.max(0, Number.isFinite(percent) ? percent : 0))) });
      },
      log: (line) => {
        if (!this.#isOver) onNews({ lines: [storableLine(String(line))] });
      },
    };
  }
}
