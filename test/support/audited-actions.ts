import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/config/index.js';

const CALL = /\.audited\(\s*(?:'([A-Z_]+)')?/g;

/**
 * Every action that the sources below a folder audit, sorted.
 * @throws Error for a call that does not name its action in words: it could not be held against any table
 */
export function actionsIn(folder: string): string[] {
  const root = join(projectRoot(), folder);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const found = new Set<string>();
  for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))) {
    for (const [, action] of readFileSync(join(root, file), 'utf8').matchAll(CALL)) {
      if (action === undefined) throw new Error(`${file} audits an act without naming it where it does.`);
      found.add(action);
    }
  }
  return [...found].sort();
}
