import type { Criterion, Round } from './scenario.ts';

/** The middle value; the mean of the two middle ones when their number is even. */
export function median(values: number[]): number {
  if (values.length === 0) throw new Error('There is no median of nothing.');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** The order of the contestants in round `round` (from 0): each begins equally often. */
export function orderOfRound<Item>(contestants: Item[], round: number): Item[] {
  const first = round % contestants.length;
  return [...contestants.slice(first), ...contestants.slice(0, first)];
}

/** A contestant over all rounds. */
export interface Summary {
  contestant: string;
  /** Median of the rounds, like all the others. */
  per_second: number;
  p50_ms: number;
  p99_ms: number;
  server_cpu_us_per_operation?: number;
  /** Over all rounds. */
  errors: number;
}

const MICROSECONDS = 1e6;

/** Medians of a contestant's rounds. */
export function summarize(contestant: string, rounds: Round[]): Summary {
  const measurements = rounds
    .filter((round) => round.contestant === contestant)
    .map(({ measurement }) => measurement);
  const cpu = measurements
    .filter(({ server_cpu_seconds, operations }) => server_cpu_seconds !== undefined && operations > 0)
    .map(({ server_cpu_seconds, operations }) => ((server_cpu_seconds ?? 0) / operations) * MICROSECONDS);
  return {
    contestant,
    per_second: median(measurements.map(({ per_second }) => per_second)),
    p50_ms: median(measurements.map(({ latency_ms }) => latency_ms.p50)),
    p99_ms: median(measurements.map(({ latency_ms }) => latency_ms.p99)),
    ...(cpu.length > 0 ? { server_cpu_us_per_operation: median(cpu) } : {}),
    errors: measurements.reduce((sum, { errors }) => sum + errors, 0),
  };
}

/**
 * The share of all processors that other work took while a bare side was loaded (median of its rounds): what tells a
 * quiet machine from a busy one. Rounds of the product do not count, because its database is such other work.
 */
export function busyElsewhere(rounds: Round[], cores: number): number {
  const shares = rounds
    .filter(({ contestant }) => isBare(contestant))
    .map(({ measurement }) => measurement.elsewhere_cpu_seconds / (measurement.seconds * cores));
  return median(shares);
}

/** Whether a side is one that the product is compared with, by its name. */
export const isBare = (contestant: string): boolean => contestant.startsWith('bare ');

/** The rate of one contestant as a share of another's. */
export interface Comparison {
  contestant: string;
  against: string;
  ratio_of_medians: number;
  /** In the order of the rounds, lost ones included. */
  ratio_per_round: number[];
}

/** Compares the rates of two contestants. */
export function compare(contestant: string, against: string, rounds: Round[]): Comparison {
  const rates = (name: string): number[] =>
    rounds.filter((round) => round.contestant === name).map(({ measurement }) => measurement.per_second);
  const ours = rates(contestant);
  const theirs = rates(against);
  return {
    contestant,
    against,
    ratio_of_medians: median(ours) / median(theirs),
    ratio_per_round: ours.map((rate, round) => rate / (theirs[round] ?? Number.NaN)),
  };
}

export interface Verdict extends Criterion {
  ratio: number;
  reached: boolean;
}

/** Judges by the ratio of medians. A contestant that answered with errors has reached nothing. */
export function judge(criterion: Criterion, rounds: Round[]): Verdict {
  const ratio = compare(criterion.contestant, criterion.against, rounds).ratio_of_medians;
  const { errors } = summarize(criterion.contestant, rounds);
  return { ...criterion, ratio, reached: ratio >= criterion.at_least && errors === 0 };
}
