import { stringify } from 'csv-stringify/sync';
import type { ImportRowOutcome, TransferFormat } from './dto/user-import.dto.js';
import type { User } from './dto/user.dto.js';
import { EXPORT_COLUMNS, guardFormula } from './transfer-columns.js';

/** What a file is made of: named columns, and their values for each row. */
interface Columns<T> {
  readonly names: readonly string[];
  readonly values: (row: T) => unknown[];
}

export const USER_COLUMNS: Columns<User> = {
  names: EXPORT_COLUMNS,
  values: (user) => EXPORT_COLUMNS.map((name) => user[name]),
};

export const REPORT_COLUMNS: Columns<ImportRowOutcome> = {
  names: ['row', 'user_id', 'code', 'errors'],
  values: ({ row, user_id, code, errors }) => [row, user_id, code, errors],
};

export const CONTENT_TYPES: Readonly<Record<TransferFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/** The format that a caller wants: as named, else by its Accept header, else NDJSON. */
export function formatFor(named: TransferFormat | undefined, accept = ''): TransferFormat {
  if (named !== undefined) return named;
  const [csv, ndjson] = [weightOf(accept, 'text/csv'), weightOf(accept, 'application/x-ndjson')];
  return csv > ndjson ? 'csv' : 'ndjson';
}

/** Source: RFC 9110, section 12.5.1; a type that is not named is not wanted. */
function weightOf(accept: string, type: string): number {
  for (const range of accept.toLowerCase().split(',')) {
    const [name, ...parameters] = range.split(';').map((part) => part.trim());
    if (name !== type) continue;
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    return q === undefined ? 1 : Number(q.slice(2)) || 0;
  }
  return 0;
}

/**
 * The bytes of a file, batch by batch. CSV as of RFC 4180, each cell guarded against being taken for a formula; NDJSON has
 * one object per line.
 */
export async function* fileOf<T>(
  format: TransferFormat,
  { names, values }: Columns<T>,
  batches: AsyncIterable<readonly T[]>,
): AsyncGenerator<Buffer> {
  const csv = (rows: unknown[][]): Buffer =>
    Buffer.from(
      stringify(
        rows.map((row) => row.map(cell)),
        { record_delimiter: 'windows' },
      ),
    );
  if (format === 'csv') yield csv([[...names]]);
  for await (const batch of batches) {
    const rows = batch.map(values);
    if (format === 'csv') yield csv(rows);
    else yield Buffer.from(rows.map((row) => `${JSON.stringify(named(names, row))}\n`).join(''));
  }
}

const named = (names: readonly string[], row: unknown[]): object =>
  Object.fromEntries(names.map((name, index) => [name, row[index]]));

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return guardFormula(value);
  if (value instanceof Date) return value.toISOString();
  return guardFormula(JSON.stringify(value));
}
