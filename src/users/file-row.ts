import type { FieldError } from '../platform/errors/index.js';
import type { ImportColumn } from './transfer-columns.js';

/** Largest row, in bytes as it stands in the file: metadata of 16 KiB fits however it is quoted. */
export const MAX_ROW_BYTES = 131_072;

/** A row as it was found, before anybody has judged what is in it. */
export interface FileRow {
  /** From 1; the header of a CSV file is not counted. */
  readonly row: number;
  /** Text, but for the metadata, which are any JSON. Absent columns and empty cells are left out. */
  readonly fields?: Readonly<Partial<Record<ImportColumn, unknown>>>;
  /** Instead of fields: why they cannot be told. */
  readonly errors?: readonly FieldError[];
}

/** What the readers of each format give: which columns there are is known before the first row. */
export interface OpenedFile {
  readonly names: string[];
  readonly rows: AsyncIterator<FileRow>;
}
