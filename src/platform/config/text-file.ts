import { readFileSync, statSync } from 'node:fs';

/** Why a file could not be read, as the second half of a sentence that begins with the file's name. */
export class UnreadableFileError extends Error {}

/**
 * Reads a small UTF-8 file; a byte order mark is dropped.
 *
 * @param maxBytes refuses a larger one, so that a path given by mistake cannot fill the memory
 * @returns undefined when there is no such file
 * @throws UnreadableFileError when there is one and it cannot be used
 */
export function readTextFile(file: string, maxBytes: number): string | undefined {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat) return undefined;
    if (stat.isDirectory()) throw new UnreadableFileError('is a directory, not a file');
    // Reading a pipe or a device could wait for ever.
    if (!stat.isFile()) throw new UnreadableFileError('is not a regular file');
    if (stat.size > maxBytes) throw new UnreadableFileError(`is larger than ${maxBytes} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    throw explained(error);
  }
}

function explained(error: unknown): unknown {
  if (error instanceof UnreadableFileError) return error;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return new UnreadableFileError('is not UTF-8 text');
    case 'EACCES':
    case 'EPERM':
      return new UnreadableFileError('may not be read by the user this process runs as');
    case 'ENAMETOOLONG':
    case 'ERR_INVALID_ARG_VALUE':
      return new UnreadableFileError('is not a usable file name');
    default:
      return new UnreadableFileError(
        `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`,
      );
  }
}
