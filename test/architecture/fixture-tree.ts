import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path/posix';
import type { PlantedImport } from './planted-imports.js';

/** A folder of small files made for one test. */
export interface FixtureTree {
  readonly root: string;
  remove(): Promise<void>;
}

/** Writes `files` (path from the root of the tree -> text) into a fresh folder. */
export async function fixtureTree(files: ReadonlyMap<string, string>): Promise<FixtureTree> {
  const root = await mkdtemp(join(tmpdir(), 'arcana-architecture-'));
  for (const [path, text] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}

/**
 * The files that make `imports` real: each importing file, a file for each thing imported, a stub for each package.
 * @param missing targets that are left out, so that their import resolves to nothing
 */
export function importTree(
  imports: readonly PlantedImport[],
  missing: ReadonlySet<string>,
): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { to } of imports) {
    if (missing.has(to)) continue;
    if (to.startsWith('node_modules/')) {
      const name = to.slice('node_modules/'.length);
      texts.set(`${to}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
      texts.set(`${to}/index.js`, 'module.exports = {};\n');
    } else texts.set(to, 'export {};\n');
  }
  for (const { from, to } of imports) {
    texts.set(from, `${texts.get(from) ?? ''}import '${specifier(from, to)}';\n`);
  }
  return texts;
}

/** How `from` writes its import of `to`. */
export function specifier(from: string, to: string): string {
  if (to.startsWith('node_modules/')) return to.slice('node_modules/'.length);
  const path = relative(dirname(from), to).replace(/\.ts$/, '.js');
  return path.startsWith('.') ? path : `./${path}`;
}
