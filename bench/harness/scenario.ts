import type { GeneratorResult, Window } from '../load/generator.ts';

/** A load generator and what it shall do, apart from the length of the window. */
export interface Load {
  /** Path of the program, relative to `bench/load/`. */
  generator: string;
  specification: Record<string, unknown>;
}

/** A side of a comparison that is up and can be loaded. */
export interface Contestant {
  name: string;
  /** The server under load; undefined when the generator itself does the work. */
  pid?: number;
  load: Load;
}

/** Collects what has to be stopped; the last started is stopped first. */
export interface Stage {
  defer(stop: () => Promise<void>): void;
}

/** `contestant` must reach at least `at_least` times the rate of `against`. */
export interface Criterion {
  contestant: string;
  against: string;
  at_least: number;
}

/** What is compared, and what must come out. Adding a scenario to scenarios/index.ts is all a new one needs. */
export interface Scenario {
  /** Part of the file name of the results. */
  name: string;
  title: string;
  /** What one operation is, for the unit of the rates. */
  operation: string;
  /** Parameters a reader needs to judge the figures. */
  parameters: Record<string, string | number>;
  criteria: Criterion[];
  /** Makes every window this many times longer, where an operation takes long. Default 1. */
  window_factor?: number;
  /**
   * Starts every side and proves that all give the same answer.
   *
   * @param options.withArcana false: only the bare sides, for work on the bench itself
   * @param options.quick true: as little as shows that everything works
   * @throws Error when a side does not start or answers differently
   */
  start(stage: Stage, options: { withArcana: boolean; quick: boolean }): Promise<Contestant[]>;
}

/** How long and how often. */
export interface Size {
  rounds: number;
  /** Load on each side before the first round, so that every side is compiled by then. */
  first_warm_up_seconds: number;
  window: Window;
}

export interface Measurement extends GeneratorResult {
  per_second: number;
  /**
   * Processor time in the window of the process that did the work: the server, or the generator where there is none.
   * Absent where the system has no /proc.
   */
  server_cpu_seconds?: number;
  /** Processor time of everything else on the machine: databases, kernel threads, other work. */
  elsewhere_cpu_seconds: number;
}

export interface Round {
  round: number;
  /** Place in the order of this round, from 1. */
  position: number;
  contestant: string;
  measurement: Measurement;
}
