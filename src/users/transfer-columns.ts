import { AppError, type FieldError } from '../platform/errors/index.js';
import type { User } from './dto/user.dto.js';

/** What an export tells of an account, in this order. */
export const EXPORT_COLUMNS = [
  'id',
  'name',
  'email',
  'role',
  'status',
  'email_verified',
  'avatar_url',
  'metadata',
  'sync_status',
  'last_login_at',
  'created_at',
  'updated_at',
  'version',
] as const satisfies (keyof User)[];

/** What an import reads. The other columns of an export may be in a file, so that one can be read back; they are ignored. */
export const IMPORT_COLUMNS = ['name', 'email', 'role', 'metadata', 'avatar_url'] as const;
export type ImportColumn = (typeof IMPORT_COLUMNS)[number];

const REQUIRED: readonly ImportColumn[] = ['name', 'email'];
const READ = new Set<string>(IMPORT_COLUMNS);
const KNOWN = new Set<string>(EXPORT_COLUMNS);
/** Names of a stranger's making are shown no longer than this. */
const MAX_SHOWN = 64;

/** Spreadsheets take a cell that begins so for a formula, in full width too. Source: OWASP, CSV Injection. */
const FORMULA = /^'*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

/**
 * A cell that a spreadsheet shows as text: one that would be a formula gets an apostrophe in front, and so does one that
 * looks as if it had got one, so that {@link unguardFormula} gives back what there was.
 */
export const guardFormula = (cell: string): string => (FORMULA.test(cell) ? `'${cell}` : cell);

/** What {@link guardFormula} was given. */
export const unguardFormula = (cell: string): string =>
  cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;

/** What is wrong with a name that no column has. */
export function unknownColumn(name: string): FieldError {
  const field = name.slice(0, MAX_SHOWN).toWellFormed().replaceAll(/\p{C}/gu, '\uFFFD');
  const message = /^password/i.test(name)
    ? 'passwords cannot be imported: each owner sets one'
    : `${field} is not a known column`;
  return { field, code: 'UNKNOWN_FIELD', message };
}

/** Names that are neither read nor ignored. */
export const unknownNames = (names: readonly string[]): string[] => names.filter((name) => !KNOWN.has(name));

/** Names that are known but not read. */
export const ignoredNames = (names: readonly string[]): string[] =>
  names.filter((name) => KNOWN.has(name) && !READ.has(name));

/** @throws VALIDATION_FAILED naming each column that is unknown, missing or there twice */
export function assertColumns(names: readonly string[]): void {
  const missing = REQUIRED.filter((name) => !names.includes(name));
  const twice = names.filter((name, index) => KNOWN.has(name) && names.indexOf(name) !== index);
  const fields = [
    ...unknownNames(names).map(unknownColumn),
    ...missing.map((field) => ({ field, code: 'REQUIRED', message: `the column ${field} is missing` })),
    ...twice.map((field) => ({
      field,
      code: 'DUPLICATE_COLUMN',
      message: `the column ${field} is there twice`,
    })),
  ];
  if (fields.length > 0) throw new AppError('VALIDATION_FAILED', { fields });
}
