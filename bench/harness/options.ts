import { parseArgs } from 'node:util';
import type { Size } from './scenario.ts';

/**
 * A multiple of two and of three rounds lets every side of a pair or a trio begin equally often. Many short ones: what
 * neighbours of a virtual machine do to it lasts seconds, and shall hit single rounds, not most of them.
 */
export const FULL: Size = {
  rounds: 18,
  first_warm_up_seconds: 5,
  window: { warm_up_seconds: 1, seconds: 2 },
};

/** Shows that everything works; its figures say little. */
export const QUICK: Size = {
  rounds: 3,
  first_warm_up_seconds: 1,
  window: { warm_up_seconds: 1, seconds: 1 },
};

export interface Options {
  quick: boolean;
  /** Exit code 1 when a criterion is not reached. */
  strict: boolean;
  withArcana: boolean;
  /** Names of scenarios; empty means all. */
  scenarios: string[];
  size: Size;
}

/** Reads the command line. @throws TypeError on an unknown option, Error on a bad number */
export function readOptions(commandLine: string[]): Options {
  const { values } = parseArgs({
    args: commandLine,
    options: {
      quick: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      'bare-only': { type: 'boolean', default: false },
      scenario: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
    },
  });
  const size = values.quick ? QUICK : FULL;
  return {
    quick: values.quick,
    strict: values.strict,
    withArcana: !values['bare-only'],
    scenarios: values.scenario,
    size: {
      ...size,
      rounds: positive('--rounds', values.rounds) ?? size.rounds,
      window: { ...size.window, seconds: positive('--seconds', values.seconds) ?? size.window.seconds },
    },
  };
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} takes a whole number above 0.`);
  return value;
}
