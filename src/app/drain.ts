import type { Logger } from 'pino';
import { within } from '../platform/time-limit/index.js';

/**
 * How the time for a shutdown is divided, in hundredths of `server.shutdown_timeout_ms`, so that it is enough also when
 * every step hangs. In the order of closing.
 */
const PARTS = {
  readiness: 1,
  'outbox relay': 4,
  workers: 30,
  listeners: 45,
  'management listener': 1,
  queue: 4,
  coordination: 3,
  redis: 2,
  database: 6,
} as const;
/** Left for the last spans and log lines. */
const RESERVE = 100 - Object.values(PARTS).reduce((sum, part) => sum + part, 0);
/** A step is told less than it has: whoever keeps a limit needs a moment to say goodbye. */
const TOLD = 0.9;

export type DrainStep = keyof typeof PARTS;

interface Step {
  name: DrainStep;
  run: (limitMs: number) => Promise<unknown>;
}

/**
 * The limit in milliseconds that a step is told at the least when the whole shutdown may take `totalMs`; for what has to
 * know before there is a shutdown.
 */
export const leastLimit = (step: DrainStep, totalMs: number): number =>
  Math.floor((totalMs * PARTS[step] * TOLD) / 100);

/**
 * What has to be closed, in the order of closing. A step that fails or hangs is logged and the next one runs: nothing may
 * keep the database from being closed cleanly.
 */
export class Drain {
  readonly #steps: Step[] = [];

  constructor(private readonly logger: Logger) {}

  /** Adds a step that runs before all that were added so far: what was opened last is closed first. */
  before(name: DrainStep, run: (limitMs: number) => Promise<unknown>): void {
    this.#steps.unshift({ name, run });
  }

  /**
   * Runs every step, and returns before `totalMs` are over; never rejects. What a step leaves over of its time, the later
   * ones share.
   */
  async run(totalMs: number): Promise<void> {
    const end = performance.now() + totalMs;
    const steps = this.#steps.splice(0);
    let parts = steps.reduce((sum, { name }) => sum + PARTS[name], RESERVE);
    for (const step of steps) {
      const left = Math.max(0, end - performance.now());
      await this.#run(step, (left * PARTS[step.name]) / parts);
      parts -= PARTS[step.name];
    }
  }

  async #run({ name, run }: Step, limitMs: number): Promise<void> {
    try {
      await within(run(limitMs * TOLD), limitMs, () => {
        this.logger.error({ step: name }, 'a step of the shutdown took too long and is left behind');
      });
    } catch (error) {
      this.logger.error({ err: error as Error, step: name }, 'a step of the shutdown failed');
    }
  }
}
