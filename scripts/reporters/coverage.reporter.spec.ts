import { jest } from '@jest/globals';
import CoverageReporter, {
  coverageByGroup,
  COVERAGE_GROUPS,
  type CoverageSummary,
} from './coverage.reporter.js';

const covered = (lines: number, of = 100): CoverageSummary => {
  const full = { total: of, covered: of };
  return { lines: { total: of, covered: lines }, statements: full, functions: full, branches: full };
};

describe('coverage by suffix', () => {
  it('names the metric in which a suffix is below its threshold', () => {
    const [services] = coverageByGroup(new Map([['/src/users/users.service.ts', covered(89)]]));
    expect(services).toMatchObject({ percent: { lines: 89, statements: 100 }, missed: ['lines'] });
  });

  it('is content with a suffix that stands exactly on its threshold', () => {
    const [services] = coverageByGroup(new Map([['/src/users/users.service.ts', covered(90)]]));
    expect(services?.missed).toEqual([]);
  });

  it('never rounds up to a threshold', () => {
    const [services] = coverageByGroup(new Map([['/src/users/users.service.ts', covered(89_999, 100_000)]]));
    expect(services).toMatchObject({ percent: { lines: 89.9 }, missed: ['lines'] });
  });

  it('weighs files by their size', () => {
    const files = new Map([
      ['/src/a.service.ts', covered(10, 10)],
      ['/src/b.service.ts', covered(0, 90)],
    ]);
    expect(coverageByGroup(files)[0]?.percent.lines).toBe(10);
  });

  it('counts a file under its suffix and under everything', () => {
    const groups = coverageByGroup(new Map([['/src/users/user.typeorm.repository.ts', covered(100)]]));
    expect(groups.filter(({ files }) => files === 1).map(({ group }) => group.name)).toEqual([
      '*.repository.ts',
      'everything',
    ]);
  });

  it('holds it against a suffix that no file has', () => {
    for (const { missed } of coverageByGroup(new Map())) expect(missed).toContain('lines');
  });

  it('asks 90 of services, 80 of repositories, 75 of controllers and 80 of everything', () => {
    expect(
      COVERAGE_GROUPS.map(({ name, thresholds }) => [name, thresholds.lines, thresholds.statements]),
    ).toEqual([
      ['*.service.ts', 90, 90],
      ['*.repository.ts', 80, 80],
      ['*.controller.ts', 75, 75],
      ['everything', 80, 80],
    ]);
  });
});

describe('the coverage reporter', () => {
  const run = (lines: number, tests: { chosen: boolean }): { error: Error | undefined; printed: string } => {
    const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const reporter = new CoverageReporter({
      testPathPatterns: { isSet: () => tests.chosen },
      onlyChanged: false,
      projects: ['unit'],
    });
    const files = ['/src/a.service.ts', '/src/a.repository.ts', '/src/a.controller.ts'];
    reporter.onRunComplete(new Set(['unit']), {
      coverageMap: {
        files: () => files,
        fileCoverageFor: () => ({ toSummary: () => ({ data: covered(lines) }) }),
      },
    });
    const error = reporter.getLastError();
    const printed = write.mock.calls.map(([text]) => String(text)).join('');
    write.mockRestore();
    return { error, printed };
  };

  it('fails the run below a threshold, naming who missed it', () => {
    const { error, printed } = run(89, { chosen: false });
    expect(error?.message).toBe('Coverage is below its threshold: *.service.ts (lines).');
    expect(printed).toContain('89.0 < 90');
  });

  it('prints the figures of a run that reaches every threshold', () => {
    const { error, printed } = run(95, { chosen: false });
    expect(error).toBeUndefined();
    expect(printed).toContain('95.0 >= 90');
  });

  it('asks nothing of a run of chosen tests', () => {
    expect(run(0, { chosen: true })).toEqual({ error: undefined, printed: '' });
  });
});
