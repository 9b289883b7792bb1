import { ConfigurationError, withoutPassword } from '../platform/config/index.js';
import { EmbeddedServerError } from '../platform/database/embedded/index.js';

/** Why the process cannot start, in sentences an operator can act on. */
export class BootError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'BootError';
  }
}

interface SystemError {
  code?: string;
  address?: string;
  port?: number;
}

const PERMISSION = new Set(['28P01', '28000']);

/** What went wrong when the database was opened, without its password. */
export function databaseBootError(url: string, cause: unknown): BootError {
  const { code } = cause as SystemError;
  const where = withoutPassword(url);
  if (code && PERMISSION.has(code)) {
    return new BootError(
      `The database at ${where} refuses the sign-in: check user and password in ARCANA_DATABASE__URL.`,
      { cause },
    );
  }
  if (code === '3D000') {
    return new BootError(
      `The database named in ${where} does not exist: create it or correct ARCANA_DATABASE__URL.`,
      { cause },
    );
  }
  return new BootError(
    `The database at ${where} cannot be reached (${code ?? 'no answer'}): start it or correct ARCANA_DATABASE__URL.`,
    { cause },
  );
}

/** What went wrong when a listener was opened. `setting` names the key of its port. */
export function listenBootError(
  what: string,
  setting: string,
  host: string,
  port: number,
  cause: unknown,
): BootError {
  const { code } = cause as SystemError;
  if (code === 'EADDRINUSE' || /EADDRINUSE|address already in use/i.test(String(cause))) {
    return new BootError(
      `Port ${port} for ${what} is in use: stop the other program or set ${setting} to another port.`,
      { cause },
    );
  }
  if (code === 'EACCES') {
    return new BootError(
      `Port ${port} for ${what} may not be opened by this user: set ${setting} to a port above 1023.`,
      { cause },
    );
  }
  return new BootError(
    `${what} cannot listen on ${host}:${port} (${code ?? 'unknown reason'}): check ${setting}.`,
    { cause },
  );
}

/** The sentences to print for a failed start. What is not foreseen is told with its message, its stack goes to the log. */
export function bootSentences(error: unknown): { sentences: readonly string[]; foreseen: boolean } {
  if (error instanceof ConfigurationError) return { sentences: error.problems, foreseen: true };
  if (error instanceof BootError || error instanceof EmbeddedServerError) {
    return { sentences: [error.message], foreseen: true };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { sentences: [`Arcana Cloud cannot start: ${message}`], foreseen: false };
}
