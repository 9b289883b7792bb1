import type { TransferFormat } from './dto/user-import.dto.js';
import type { FileRow } from './file-row.js';
import { readCsv } from './import-csv.js';
import { readNdjson } from './import-ndjson.js';
import { ignoredNames } from './transfer-columns.js';
import { IMPORT_EMPTY, IMPORT_FILE_BROKEN, IMPORT_TOO_LARGE } from './users.errors.js';

const MAX_ROWS = 1_000_000;

/** A file of accounts whose beginning was read and found good. */
export interface ImportFile {
  readonly format: TransferFormat;
  readonly ignored_columns: string[];
  /** The rows, at least one, as they come in. Errors as of {@link openImportFile}, and those of the bytes. */
  readonly rows: AsyncIterable<FileRow>;
}

/** Media types by which the formats are known. */
export const FORMAT_OF: Readonly<Record<string, TransferFormat>> = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
};

/**
 * Reads a file of accounts without ever holding more than one row and what has come in of the next.
 * @throws VALIDATION_FAILED for its columns, IMPORT_EMPTY, IMPORT_TOO_LARGE, IMPORT_FILE_BROKEN
 */
export async function openImportFile(
  format: TransferFormat,
  bytes: AsyncIterable<Buffer>,
): Promise<ImportFile> {
  const text = utf8(bytes);
  const { names, rows } = await (format === 'csv' ? readCsv(text) : readNdjson(text));
  const first = await rows.next();
  if (first.done === true) throw IMPORT_EMPTY.error();
  return { format, ignored_columns: ignoredNames(names), rows: counted(first.value, rows) };
}

async function* counted(first: FileRow, rest: AsyncIterator<FileRow>): AsyncGenerator<FileRow> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    if (next.value.row > MAX_ROWS) {
      throw IMPORT_TOO_LARGE.error({ message: `The file has more than ${MAX_ROWS} rows.` });
    }
    yield next.value;
  }
}

/** @throws IMPORT_FILE_BROKEN where the bytes are no UTF-8 */
async function* utf8(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Buffer): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw IMPORT_FILE_BROKEN.error({ message: 'The file is not UTF-8.', cause });
    }
  };
  for await (const chunk of bytes) {
    const text = decode(chunk);
    if (text !== '') yield text;
  }
  const end = decode();
  if (end !== '') yield end;
}
