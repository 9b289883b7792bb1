import { jest } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import FiguresReporter from './figures.reporter.js';

const results = {
  numPassedTests: 3,
  numFailedTests: 1,
  numPendingTests: 1,
  numTodoTests: 1,
  numRuntimeErrorTestSuites: 1,
  startTime: Date.now(),
  wasInterrupted: false,
  testResults: [
    {
      testResults: [
        { status: 'passed', fullName: 'locks are exclusive' },
        { status: 'pending', fullName: 'locks on Redis (redis-server is not on this machine) are exclusive' },
      ],
    },
  ],
};

describe('figures of a test run', () => {
  let root: string;
  let printed: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'arcana-figures-'));
    const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const reporter = new FiguresReporter({ rootDir: root });
    reporter.onRunComplete(new Set(), results);
    reporter.getLastError();
    printed = write.mock.calls.map(([text]) => String(text)).join('');
    write.mockRestore();
  });
  afterEach(() => rm(root, { recursive: true }));

  it('stand alone on the last line, files that could not run among the failures, todos among the skipped', () => {
    expect(printed.trimEnd().split('\n').at(-1)).toBe('3 passed, 2 failed, 2 skipped');
  });

  it('name what was skipped', () => {
    expect(printed).toContain(
      'skipped: locks on Redis (redis-server is not on this machine) are exclusive\n',
    );
  });

  it('are left in coverage/figures.json', async () => {
    const written: unknown = JSON.parse(await readFile(join(root, 'coverage', 'figures.json'), 'utf8'));
    expect(written).toMatchObject({ passed: 3, failed: 2, skipped: 2, finished: true });
  });
});
