import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/config/project-root.ts';
import {
  describeMachine,
  describeRevision,
  libraryVersions,
  type Machine,
  type Revision,
} from './machine.ts';
import type { Round, Scenario, Size } from './scenario.ts';
import {
  busyElsewhere,
  compare,
  isBare,
  judge,
  summarize,
  type Comparison,
  type Summary,
  type Verdict,
} from './statistics.ts';

/** One run of one scenario, as kept in bench/results. */
export interface Result extends Revision {
  scenario: string;
  title: string;
  operation: string;
  /** When the run ended, RFC 3339. */
  date: string;
  machine: Machine;
  libraries: Record<string, string>;
  parameters: Record<string, string | number>;
  /** The window as it was, longer than the size's where the scenario asks for it. */
  size: Size;
  /** Share of all processors that other work took meanwhile; figures of a busy machine scatter. */
  busy_elsewhere: number;
  /** Fastest first. */
  summary: Summary[];
  /** Every side against every bare one. */
  comparisons: Comparison[];
  criteria: Verdict[];
  rounds: Round[];
}

/** Sums up a run. Criteria whose sides did not take part are left out. */
export function resultOf(scenario: Scenario, size: Size, rounds: Round[]): Result {
  const names = [...new Set(rounds.map(({ contestant }) => contestant))];
  const summary = names.map((name) => summarize(name, rounds)).sort((a, b) => b.per_second - a.per_second);
  const machine = describeMachine();
  return {
    scenario: scenario.name,
    title: scenario.title,
    operation: scenario.operation,
    date: new Date().toISOString(),
    ...describeRevision(),
    machine,
    libraries: libraryVersions(),
    parameters: scenario.parameters,
    size: {
      ...size,
      window: { ...size.window, seconds: size.window.seconds * (scenario.window_factor ?? 1) },
    },
    busy_elsewhere: busyElsewhere(rounds, machine.cores),
    summary,
    comparisons: names.flatMap((name) =>
      names.filter((other) => other !== name && isBare(other)).map((other) => compare(name, other, rounds)),
    ),
    criteria: scenario.criteria
      .filter(({ contestant, against }) => names.includes(contestant) && names.includes(against))
      .map((criterion) => judge(criterion, rounds)),
    rounds,
  };
}

const directory = (): string => join(projectRoot(), 'bench', 'results');

/** Keeps a result as `<date>-<commit>-<scenario>.json`; returns the path below the project. */
export function keepResult(result: Result): string {
  const time = result.date.slice(0, 'YYYY-MM-DDTHH:MM'.length).replace(':', '');
  const name = `${time}Z-${result.commit}-${result.scenario}.json`;
  mkdirSync(directory(), { recursive: true });
  writeFileSync(join(directory(), name), `${JSON.stringify(result, null, 2)}\n`);
  return `bench/results/${name}`;
}

/** The newest kept result of every scenario, with the name of its file. */
export function newestResults(): { file: string; result: Result }[] {
  const newest = new Map<string, { file: string; result: Result }>();
  for (const file of readdirSync(directory()).filter((name) => name.endsWith('.json'))) {
    const result = JSON.parse(readFileSync(join(directory(), file), 'utf8')) as Result;
    const known = newest.get(result.scenario);
    if (!known || known.result.date < result.date) newest.set(result.scenario, { file, result });
  }
  return [...newest.values()].sort((a, b) => a.result.scenario.localeCompare(b.result.scenario));
}
