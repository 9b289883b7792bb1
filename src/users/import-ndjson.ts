import type { FieldError } from '../platform/errors/index.js';
import { MAX_ROW_BYTES, type FileRow, type OpenedFile } from './file-row.js';
import { IMPORT_COLUMNS, unknownColumn, unknownNames } from './transfer-columns.js';
import { IMPORT_TOO_LARGE } from './users.errors.js';

const WHITE = /^[ \t\r]*$/;

/** One JSON object per line. What is wrong with one line says nothing of the others. */
export async function readNdjson(text: AsyncIterable<string>): Promise<OpenedFile> {
  const lines = numbered(text);
  const first = await lines.next();
  const object = first.done === true ? undefined : parse(first.value.line);
  return { names: object ? Object.keys(object) : [], rows: toRows(first, lines) };
}

interface Line {
  readonly row: number;
  readonly line: string;
}

async function* toRows(first: IteratorResult<Line>, rest: AsyncIterator<Line>): AsyncGenerator<FileRow> {
  for (let next = first; next.done !== true; next = await rest.next()) yield toRow(next.value);
}

/** @throws IMPORT_TOO_LARGE for a line that is too long, however much more of it would come */
async function* numbered(text: AsyncIterable<string>): AsyncGenerator<Line> {
  let row = 0;
  let open = '';
  const assertFits = (line: string): void => {
    if (line.length <= MAX_ROW_BYTES && Buffer.byteLength(line) <= MAX_ROW_BYTES) return;
    throw IMPORT_TOO_LARGE.error({ message: `Row ${row + 1} is larger than ${MAX_ROW_BYTES} bytes.` });
  };
  for await (const piece of text) {
    const lines = (open + piece).split('\n');
    open = lines.pop()!;
    for (const line of lines) {
      if (WHITE.test(line)) continue;
      assertFits(line);
      yield { row: ++row, line };
    }
    assertFits(open);
  }
  if (!WHITE.test(open)) yield { row: ++row, line: open };
}

function toRow({ row, line }: Line): FileRow {
  const object = parse(line);
  if (!object) return { row, errors: [broken('the line is no JSON object')] };
  const unknown = unknownNames(Object.keys(object));
  if (unknown.length > 0) return { row, errors: unknown.slice(0, 20).map(unknownColumn) };
  const present = IMPORT_COLUMNS.filter((name) => object[name] !== undefined && object[name] !== null);
  const noText = present.filter((name) => name !== 'metadata' && typeof object[name] !== 'string');
  if (noText.length > 0) {
    const message = (field: string) => `${field} must be a string`;
    return { row, errors: noText.map((field) => ({ field, code: 'IS_STRING', message: message(field) })) };
  }
  return { row, fields: Object.fromEntries(present.map((name) => [name, object[name]])) };
}

const broken = (message: string): FieldError => ({ field: '', code: 'MALFORMED_ROW', message });

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
