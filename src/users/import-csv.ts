import { CsvError, parse, type Parser } from 'csv-parse';
import { pipeline } from 'node:stream';
import { AppError, type FieldError } from '../platform/errors/index.js';
import { MAX_ROW_BYTES, type FileRow, type OpenedFile } from './file-row.js';
import { assertColumns, IMPORT_COLUMNS, unguardFormula, type ImportColumn } from './transfer-columns.js';
import { IMPORT_EMPTY, IMPORT_FILE_BROKEN, IMPORT_TOO_LARGE } from './users.errors.js';

/** Many times the columns that there are; a row of commas alone costs memory, too. */
const MAX_COLUMNS = 64;
const READ = new Set<string>(IMPORT_COLUMNS);

/** RFC 4180 with a header; any line ends, mixed; a byte order mark is passed over. */
export async function readCsv(text: AsyncIterable<string>): Promise<OpenedFile> {
  const records = parsed(text);
  const header = await records.next();
  if (header.done === true) throw IMPORT_EMPTY.error();
  const names = header.value.map((name) => name.trim());
  assertColumns(names);
  return { names, rows: toRows(names, records) };
}

async function* toRows(names: string[], records: AsyncIterator<string[]>): AsyncGenerator<FileRow> {
  let row = 0;
  for (let next = await records.next(); next.done !== true; next = await records.next()) {
    yield toRow(++row, names, next.value);
  }
}

function toRow(row: number, names: string[], cells: string[]): FileRow {
  if (cells.length !== names.length) {
    const message = `the row has ${cells.length} cells, the header ${names.length}`;
    return { row, errors: [{ field: '', code: 'MALFORMED_ROW', message }] };
  }
  const fields: Partial<Record<ImportColumn, unknown>> = {};
  const errors: FieldError[] = [];
  for (const [index, name] of names.entries()) {
    const cell = unguardFormula(cells[index]!);
    if (!READ.has(name) || cell === '') continue;
    if (name !== 'metadata') fields[name as ImportColumn] = cell;
    else {
      try {
        fields.metadata = JSON.parse(cell);
      } catch {
        errors.push({ field: name, code: 'IS_JSON', message: 'metadata must be JSON' });
      }
    }
  }
  return errors.length > 0 ? { row, errors } : { row, fields };
}

/** The records, as they come in. */
async function* parsed(text: AsyncIterable<string>): AsyncGenerator<string[]> {
  const parser = parse({
    bom: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
    // Called for each cell as it ends: the parser itself would collect a million of them first.
    cast: (cell, { index }) => {
      if (index >= MAX_COLUMNS)
        throw IMPORT_TOO_LARGE.error({ message: `A row has more than ${MAX_COLUMNS} cells.` });
      return cell;
    },
  });
  // What goes wrong with the bytes ends the parser, which is where it is heard of.
  pipeline(text, parser, () => undefined);
  try {
    yield* parser as AsyncIterable<string[]>;
  } catch (error) {
    throw reasonOf(error, parser);
  }
}

function reasonOf(error: unknown, { info }: Parser): unknown {
  if (error instanceof AppError || !(error instanceof CsvError)) return error;
  if (error.code === 'CSV_MAX_RECORD_SIZE') {
    const message = `The row that begins before line ${info.lines + 1} is larger than ${MAX_ROW_BYTES} bytes.`;
    return IMPORT_TOO_LARGE.error({ message });
  }
  return IMPORT_FILE_BROKEN.error({
    message: `The file is no CSV from line ${info.lines} on.`,
    cause: error,
  });
}
