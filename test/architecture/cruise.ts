import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../src/platform/config/index.js';

/** One import that breaks a rule; `to` is as written where it resolves to no file. */
export interface BoundaryViolation {
  rule: string;
  from: string;
  to: string;
}

const require = createRequire(import.meta.url);
const CONFIG = join(projectRoot(), '.dependency-cruiser.cjs');
const COMMAND = join(projectRoot(), 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');

/** Names of the rules in force. */
export const ruleNames = (): string[] =>
  (require(CONFIG) as { forbidden: { name: string }[] }).forbidden.map((rule) => rule.name);

/** Runs dependency-cruiser with the product's rules over `folders` of the tree in `root`, as `npm run check` does. */
export async function cruise(root: string, folders: readonly string[]): Promise<BoundaryViolation[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [COMMAND, ...folders, '--config', CONFIG, '--output-type', 'json'],
    { cwd: root, maxBuffer: 256 * 1024 * 1024 },
  );
  const report = JSON.parse(stdout) as {
    summary: { totalCruised: number; violations: { rule: { name: string }; from: string; to: string }[] };
  };
  if (report.summary.totalCruised === 0) throw new Error('dependency-cruiser found no file to look at.');
  return report.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
}
