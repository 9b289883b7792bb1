import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JwtAlgorithm } from '../platform/config/index.js';

const MAX_FILE_BYTES = 65_536;
/** Each key costs a look at a token without `kid`, and a line in every client's copy of the set. */
const MAX_FILES = 32;

/** A file that should hold a key. */
export interface KeyFile {
  readonly name: string;
  /** Undefined when it could not be read. */
  readonly text: string | undefined;
  /** Why not, as the second half of a sentence. */
  readonly problem: string | undefined;
  /** Users besides the owner and the group may read it. */
  readonly isOpen: boolean;
}

/**
 * The key files of a directory: `*.pem` for key pairs, `*.secret` for HS256. Others are left alone, and so is what begins
 * with a dot: Kubernetes keeps what its links lead to in `..data`.
 * @throws Error of the file system when the directory itself cannot be read; with a sentence when it holds too many
 */
export async function readKeyFiles(directory: string, algorithm: JwtAlgorithm): Promise<KeyFile[]> {
  const suffix = algorithm === 'HS256' ? '.secret' : '.pem';
  const names = (await readdir(directory)).filter((name) => name.endsWith(suffix) && !name.startsWith('.'));
  if (names.length > MAX_FILES)
    throw new Error(`holds more than ${MAX_FILES} keys: remove those that are over`);
  const files = await Promise.all(names.sort().map((name) => readKeyFile(directory, name)));
  return files.filter((file) => file !== undefined);
}

/** @returns undefined when it is gone: a link of Kubernetes whose target was removed a moment ago */
async function readKeyFile(directory: string, name: string): Promise<KeyFile | undefined> {
  const path = join(directory, name);
  const unreadable = (problem: string): KeyFile => ({ name, text: undefined, problem, isOpen: false });
  try {
    const found = await stat(path);
    // Reading a pipe could wait for ever.
    if (!found.isFile()) return unreadable('is not a regular file');
    if (found.size > MAX_FILE_BYTES) return unreadable(`is larger than ${MAX_FILE_BYTES} bytes`);
    // Windows has no such bits.
    const isOpen = process.platform !== 'win32' && (found.mode & 0o004) !== 0;
    return { name, text: await readFile(path, 'utf8'), problem: undefined, isOpen };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : unreadable(`cannot be read (${code ?? 'unknown reason'})`);
  }
}
