import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/config/index.js';

/** One file; `path` is from the root of the project, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The files of the product that match any of `patterns`. */
export function sourceFiles(...patterns: string[]): SourceFile[] {
  return globSync(patterns, { cwd: projectRoot(), exclude: ['**/node_modules/**'] })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(projectRoot(), path), 'utf8') }));
}
