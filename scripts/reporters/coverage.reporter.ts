// Jest loads reporters through Node itself, which only strips types: no enum, no parameter property in this file.

/** What the reporter needs of one file's coverage; istanbul's summary has this shape. */
export interface CoverageSummary {
  lines: Ratio;
  statements: Ratio;
  functions: Ratio;
  branches: Ratio;
}

export interface Ratio {
  total: number;
  covered: number;
}

export type Metric = keyof CoverageSummary;

interface CoverageMap {
  files(): string[];
  fileCoverageFor(path: string): { toSummary(): { data: CoverageSummary } };
}

interface RunResults {
  coverageMap?: CoverageMap | null;
}

/** What the reporter needs of Jest's configuration. */
interface JestConfig {
  readonly testPathPatterns: { isSet(): boolean };
  readonly testNamePattern?: string;
  readonly onlyChanged: boolean;
  readonly projects: readonly string[];
}

/** Files that belong together, and the least percentage of each metric that they must reach as one. */
export interface CoverageGroup {
  readonly name: string;
  readonly includes: (path: string) => boolean;
  readonly thresholds: Readonly<Record<Metric, number>>;
}

export interface GroupCoverage {
  group: CoverageGroup;
  files: number;
  /** Percent, rounded down to one decimal, so that 89.99 never shows as 90. */
  percent: Record<Metric, number>;
  /** Metrics that miss their threshold. */
  missed: Metric[];
}

export const METRICS: readonly Metric[] = ['lines', 'statements', 'functions', 'branches'];

/**
 * The compiler adds branches of its own to constructors with injected types (`typeof X === "undefined" ? Object : X`),
 * one half of which never runs; hence the lower bound for branches.
 */
const UNREACHABLE_BRANCHES = 15;

const group = (name: string, percent: number, includes: (path: string) => boolean): CoverageGroup => ({
  name,
  includes,
  thresholds: {
    lines: percent,
    statements: percent,
    functions: percent,
    branches: percent - UNREACHABLE_BRANCHES,
  },
});

/** Rules before adapters before transports: the more a mistake costs, the more of it must have run in a test. */
export const COVERAGE_GROUPS: readonly CoverageGroup[] = [
  group('*.service.ts', 90, (path) => path.endsWith('.service.ts')),
  group('*.repository.ts', 80, (path) => path.endsWith('.repository.ts')),
  group('*.controller.ts', 75, (path) => path.endsWith('.controller.ts')),
  group('everything', 80, () => true),
];

/**
 * Sums up `files` (path -> summary) per group. A group without files has missed everything: a suffix that was renamed
 * must not go unmeasured.
 */
export function coverageByGroup(
  files: ReadonlyMap<string, CoverageSummary>,
  groups: readonly CoverageGroup[] = COVERAGE_GROUPS,
): GroupCoverage[] {
  return groups.map((group) => {
    const members = [...files].filter(([path]) => group.includes(path)).map(([, summary]) => summary);
    const percentOf = (metric: Metric): number => {
      if (members.length === 0) return 0;
      const total = members.reduce((sum, member) => sum + member[metric].total, 0);
      const covered = members.reduce((sum, member) => sum + member[metric].covered, 0);
      return total === 0 ? 100 : Math.floor((covered * 1000) / total) / 10;
    };
    const percent = Object.fromEntries(METRICS.map((metric) => [metric, percentOf(metric)])) as Record<
      Metric,
      number
    >;
    const missed = METRICS.filter((metric) => percent[metric] < group.thresholds[metric]);
    return { group, files: members.length, percent, missed };
  });
}

/**
 * Fails the run when a kind of file is less covered than it must be, and prints the figures either way.
 *
 * Jest's own `coverageThreshold` cannot say this: a glob there holds against each file for itself, a folder against
 * its sum, and files that any of them matched no longer count in `global`.
 *
 * Thresholds hold for whole runs; a run of some tests prints nothing.
 */
export default class CoverageReporter {
  private readonly config: JestConfig;
  private results: RunResults | undefined;

  constructor(config: JestConfig) {
    this.config = config;
  }

  onRunComplete(contexts: ReadonlySet<unknown>, results: RunResults): void {
    if (this.isWholeRun(contexts)) this.results = results;
  }

  /**
   * Jest asks once, when every reporter is done, and an error makes the exit code 1. Only now is the coverage there:
   * Jest's own reporter, which sums it up, runs after those of a configuration.
   */
  getLastError(): Error | undefined {
    const map = this.results?.coverageMap;
    if (!map) return undefined;
    const groups = coverageByGroup(
      new Map(map.files().map((path) => [path, map.fileCoverageFor(path).toSummary().data])),
    );
    process.stderr.write(`\n${table(groups)}\n`);
    const missed = groups.filter((group) => group.missed.length > 0);
    if (missed.length === 0) return undefined;
    const names = missed.map(({ group, missed }) => `${group.name} (${missed.join(', ')})`).join('; ');
    const error = new Error(`Coverage is below its threshold: ${names}.`);
    process.stderr.write(`${error.message}\n`);
    return error;
  }

  private isWholeRun(contexts: ReadonlySet<unknown>): boolean {
    const { testPathPatterns, testNamePattern, onlyChanged, projects } = this.config;
    return (
      !testPathPatterns.isSet() &&
      !testNamePattern &&
      !onlyChanged &&
      contexts.size >= Math.max(1, projects.length)
    );
  }
}

function table(groups: readonly GroupCoverage[]): string {
  const rows = groups.map(({ group, files, percent, missed }) => [
    group.name,
    String(files),
    ...METRICS.map(
      (metric) =>
        `${percent[metric].toFixed(1)} ${missed.includes(metric) ? '<' : '>='} ${group.thresholds[metric]}`,
    ),
  ]);
  const all = [['coverage, %', 'files', ...METRICS], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    )
    .join('\n');
}
