import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE_NAME = 'arcana-cloud';

let found: string | undefined;

/**
 * The directory that holds this product's package.json.
 *
 * Source runs from `src/`, the build from `dist/src/`; walking up to the package.json named
 * `arcana-cloud` gives both the same answer, whatever the working directory is.
 *
 * @returns an absolute path without a trailing separator
 * @throws Error when no directory above this file holds that package.json
 */
export function projectRoot(): string {
  found ??= findUpward(dirname(fileURLToPath(import.meta.url)));
  return found;
}

function findUpward(start: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    if (packageNameIn(directory) === PACKAGE_NAME) return directory;
    if (dirname(directory) === directory) {
      throw new Error(
        `No package.json named ${PACKAGE_NAME} was found in ${start} or any directory above it.`,
      );
    }
  }
}

function packageNameIn(directory: string): unknown {
  const file = join(directory, 'package.json');
  if (!existsSync(file)) return undefined;
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }).name;
  } catch {
    return undefined;
  }
}
