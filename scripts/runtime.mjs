/** Which Node.js runs the product, and whether everything it needs is installed. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project root; every path of the scripts starts here, whatever the working directory is. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The oldest release the product runs on; `engines` in package.json says the same. */
const OLDEST = [22, 15];

/** A start that cannot be. The message is one sentence that names the fix. */
export class StartError extends Error {}

/**
 * Path of the Node.js to use: the one pinned in devDependencies, else the one that runs this script.
 *
 * @throws StartError when the packages are not installed, or neither is recent enough
 */
export function findRuntime() {
  if (!existsSync(join(root, 'node_modules', '@nestjs', 'core'))) {
    throw new StartError('The packages are not installed: run npm ci, then npm start.');
  }
  const pinned = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(pinned) && isRecent(versionOf(pinned))) return pinned;
  if (isRecent(process.version)) return process.execPath;
  throw new StartError(
    `Node.js ${process.version} is too old and the pinned one is missing, which npm installs by a script: run npm ci without --ignore-scripts, or use Node.js ${OLDEST.join('.')} or newer.`,
  );
}

function versionOf(node) {
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}

function isRecent(version) {
  const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(version) ?? [];
  return Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]);
}
