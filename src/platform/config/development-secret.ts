import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { ArcanaConfig } from './arcana-config.js';
import { ConfigurationError } from './configuration.error.js';
import { readTextFile, UnreadableFileError } from './text-file.js';

const SECRET_BYTES = 48;
const SECRET_SHAPE = /^[A-Za-z0-9_-]{64}$/;
const OWNER_ONLY = 0o600;

/**
 * The key that signs access tokens: the configured one, or one made for this installation.
 *
 * The made one lies in `<data_directory>/jwt-secret`, readable by its owner only, so that sign-ins survive a restart and no
 * two installations share a key. Two processes that start at once end with the same one.
 *
 * @throws ConfigurationError when the file cannot be used, and in production, where a made key is never accepted
 */
export function jwtSecret(config: ArcanaConfig): string {
  if (config.security.jwt_secret !== undefined) return config.security.jwt_secret;
  if (config.environment === 'production') {
    throw new ConfigurationError(['ARCANA_SECURITY__JWT_SECRET is required in production.']);
  }
  const file = join(config.data_directory, 'jwt-secret');
  try {
    return read(file) ?? makeOnce(file);
  } catch (error) {
    const reason = error instanceof UnreadableFileError ? error.message : reasonOf(error);
    throw new ConfigurationError([
      `${file} ${reason}: repair or delete it, or set ARCANA_SECURITY__JWT_SECRET.`,
    ]);
  }
}

function read(file: string): string | undefined {
  const secret = readTextFile(file, 1024)?.trim();
  if (secret === undefined) return undefined;
  if (!SECRET_SHAPE.test(secret))
    throw new UnreadableFileError('does not hold a secret made by this product');
  // Windows has no such bits, there chmod changes nothing.
  if ((statSync(file).mode & 0o777) !== OWNER_ONLY) chmodSync(file, OWNER_ONLY);
  return secret;
}

/** Written whole under another name, then linked: the name appears complete or not at all, and only for the first process. */
function makeOnce(file: string): string {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  try {
    write(draft, secret);
    linkSync(draft, file);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const theirs = read(file);
    if (theirs === undefined) throw error;
    return theirs;
  } finally {
    discard(draft);
  }
}

function write(file: string, secret: string): void {
  const descriptor = openSync(file, 'wx', OWNER_ONLY);
  try {
    writeSync(descriptor, `${secret}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function discard(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function reasonOf(error: unknown): string {
  return `cannot be made or used (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`;
}
