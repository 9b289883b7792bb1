import type { Logger } from 'pino';

interface Step {
  name: string;
  run: () => Promise<void>;
}

/**
 * What has to be closed, in the order of closing. A step that fails is logged and the next one runs: nothing may keep
 * the database from being closed cleanly.
 */
export class Drain {
  readonly #steps: Step[] = [];

  constructor(private readonly logger: Logger) {}

  /** Adds a step that runs before all that were added so far: what was opened last is closed first. */
  before(name: string, run: () => Promise<void>): void {
    this.#steps.unshift({ name, run });
  }

  /** Runs every step; never rejects. */
  async run(): Promise<void> {
    for (const { name, run } of this.#steps.splice(0)) {
      try {
        await run();
      } catch (error) {
        this.logger.error({ err: error as Error, step: name }, 'a step of the shutdown failed');
      }
    }
  }
}
