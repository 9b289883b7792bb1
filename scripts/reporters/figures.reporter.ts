import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the reporter needs of Jest's results. */
interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly startTime: number;
  readonly wasInterrupted: boolean;
  readonly testResults: readonly { readonly testResults: readonly { status: string; fullName: string }[] }[];
}

/**
 * Closes a run with its figures, alone on the last line: `N passed, N failed, N skipped`. What was skipped is named
 * above it; the title says why. The same figures stand in coverage/figures.json, for whoever runs the tests.
 *
 * A test file that could not run at all counts as one failure, a `todo` as skipped.
 */
export default class FiguresReporter {
  private readonly folder: string;
  private closing = '';

  constructor(config: { readonly rootDir: string }) {
    this.folder = join(config.rootDir, 'coverage');
  }

  onRunComplete(_contexts: unknown, results: Results): void {
    const figures = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
      seconds: Math.round((Date.now() - results.startTime) / 1000),
      finished: !results.wasInterrupted,
    };
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, 'figures.json'), `${JSON.stringify(figures)}\n`);
    const skipped = skippedTitles(results).map((title) => `skipped: ${title}\n`);
    this.closing = `\n${skipped.join('')}${figures.passed} passed, ${figures.failed} failed, ${figures.skipped} skipped\n`;
  }

  /** Jest asks once, when every reporter has said its own: what is printed here is the end. */
  getLastError(): undefined {
    process.stderr.write(this.closing);
  }
}

function skippedTitles(results: Results): string[] {
  return results.testResults.flatMap(({ testResults }) =>
    testResults
      .filter(({ status }) => status === 'pending' || status === 'todo')
      .map(({ fullName }) => fullName),
  );
}
