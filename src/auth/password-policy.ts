import type { PasswordPolicy } from '../platform/config/index.js';
import { AppError, type FieldError, type Reason } from '../platform/errors/index.js';
import { isCommonPassword } from './common-passwords.js';
import {
  PASSWORD_CONTAINS_IDENTITY,
  PASSWORD_NEEDS_DIGIT,
  PASSWORD_NEEDS_LOWER_CASE,
  PASSWORD_NEEDS_UPPER_CASE,
  PASSWORD_TOO_COMMON,
  PASSWORD_TOO_LONG,
  PASSWORD_TOO_SHORT,
} from './auth.errors.js';

/** Refused before anything is computed on it. */
export const MAX_PASSWORD_BYTES = 1024;
/** In code points, after normalising. */
export const MAX_PASSWORD_LENGTH = 128;
const MIN_LENGTH: Readonly<Record<PasswordPolicy, number>> = { classic: 8, nist: 15 };
/** Shorter parts of a name are found in too many honest passwords. */
const MIN_IDENTITY_PART = 4;

/** NFKC, so that one password typed on two systems is one password. Source: RFC 8265, NIST SP 800-63B-4. */
export const normalizePassword = (password: string): string => password.normalize('NFKC');

export interface PasswordOwner {
  name: string;
  email: string;
}

/**
 * Whether a password may be set.
 * @param field name of the request's field, for the error
 * @throws VALIDATION_FAILED with every rule that is broken. Sources: ASVS 5.0, 6.2; NIST SP 800-63B-4, 3.1.1.2
 */
export function checkPassword(
  password: string,
  policy: PasswordPolicy,
  owner: PasswordOwner,
  field: string,
): void {
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) throw refusal([PASSWORD_TOO_LONG], field);
  const normal = normalizePassword(password);
  const length = [...normal].length;
  const rules: [boolean, Reason][] = [
    [length < MIN_LENGTH[policy], PASSWORD_TOO_SHORT],
    [length > MAX_PASSWORD_LENGTH, PASSWORD_TOO_LONG],
    [policy === 'classic' && !/\p{Lu}/u.test(normal), PASSWORD_NEEDS_UPPER_CASE],
    [policy === 'classic' && !/\p{Ll}/u.test(normal), PASSWORD_NEEDS_LOWER_CASE],
    [policy === 'classic' && !/\p{Nd}/u.test(normal), PASSWORD_NEEDS_DIGIT],
    [isCommonPassword(normal), PASSWORD_TOO_COMMON],
    [containsIdentity(normal, owner), PASSWORD_CONTAINS_IDENTITY],
  ];
  const broken = rules.filter(([isBroken]) => isBroken).map(([, reason]) => reason);
  if (broken.length > 0) throw refusal(broken, field);
}

function refusal(reasons: Reason[], field: string): AppError {
  const fields = reasons.map(({ definition: { reason, message } }): FieldError => ({
    field,
    code: reason,
    message,
  }));
  return new AppError('VALIDATION_FAILED', { fields });
}

function containsIdentity(password: string, { name, email }: PasswordOwner): boolean {
  const text = password.toLowerCase();
  const localPart = email.slice(0, email.lastIndexOf('@'));
  return [name, ...name.split(/[^\p{L}\p{N}]+/u), localPart, email]
    .map((part) => part.normalize('NFKC').toLowerCase())
    .some((part) => [...part].length >= MIN_IDENTITY_PART && text.includes(part));
}
