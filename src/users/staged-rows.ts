import { plainToInstance } from 'class-transformer';
import { IsIn, IsOptional, ValidateIf, validateSync } from 'class-validator';
import { validationFailed, type FieldError } from '../platform/errors/index.js';
import { ROLES, type Role } from '../platform/security/index.js';
import { IsDisplayName, IsEmailAddress, IsMetadata, IsPictureUrl } from './account-rules.js';
import type { ImportRowOutcome } from './dto/user-import.dto.js';
import type { FileRow } from './file-row.js';

/** Rows that one transaction imports: enough to be quick, few enough that nobody waits for it. */
const CHUNK_ROWS = 500;
/** Characters of a chunk from which on it takes no further row. */
const CHUNK_CHARACTERS = 262_144;

/** Rows as they are staged: one per line, as JSON. */
export interface StagedChunk {
  readonly position: number;
  readonly rows: number;
  readonly content: string;
}

/** Gathers rows into chunks. */
export async function* inChunks(rows: AsyncIterable<FileRow>): AsyncGenerator<StagedChunk> {
  let position = 0;
  let lines: string[] = [];
  let characters = 0;
  const chunk = (): StagedChunk => ({ position: position++, rows: lines.length, content: lines.join('\n') });
  for await (const row of rows) {
    const line = staged(row);
    lines.push(line);
    characters += line.length;
    if (lines.length < CHUNK_ROWS && characters < CHUNK_CHARACTERS) continue;
    yield chunk();
    lines = [];
    characters = 0;
  }
  if (lines.length > 0) yield chunk();
}

function staged(row: FileRow): string {
  try {
    return JSON.stringify(row);
  } catch {
    // Nested so deeply that it cannot be written: no metadata of ours.
    const message = 'metadata is nested too deeply';
    return JSON.stringify({ row: row.row, errors: [{ field: 'metadata', code: 'IS_METADATA', message }] });
  }
}

/** What a row says of the account it is to become. */
class ImportedFields {
  @IsDisplayName()
  name: string;

  @IsEmailAddress()
  email: string;

  @IsOptional()
  @IsIn(ROLES)
  role?: Role;

  @IsOptional()
  @IsPictureUrl()
  avatar_url?: string;

  @ValidateIf((_, value) => value !== undefined)
  @IsMetadata()
  metadata?: Record<string, unknown>;
}

/** A row in which nothing is wrong by itself. */
export interface ReadyRow {
  readonly row: number;
  readonly fields: ImportedFields;
}

/** The rows of a chunk, judged each for itself. */
export function readChunk(content: string): { ready: ReadyRow[]; refused: ImportRowOutcome[] } {
  const ready: ReadyRow[] = [];
  const refused: ImportRowOutcome[] = [];
  for (const line of content.split('\n')) {
    const { row, fields = {}, errors } = JSON.parse(line) as FileRow;
    const instance = plainToInstance(ImportedFields, fields);
    const wrong = errors ?? brokenFields(instance);
    if (wrong.length > 0) refused.push(refusal(row, codeOf(wrong), wrong));
    else ready.push({ row, fields: instance });
  }
  return { ready, refused };
}

const codeOf = (errors: readonly FieldError[]): string =>
  errors[0]!.code === 'MALFORMED_ROW' ? 'MALFORMED_ROW' : 'VALIDATION_FAILED';

function brokenFields(fields: ImportedFields): FieldError[] {
  const errors = validateSync(fields, { whitelist: true, validationError: { target: false, value: false } });
  return errors.length > 0 ? validationFailed(errors).fields : [];
}

/** The outcome of a row that becomes no account. */
export const refusal = (row: number, code: string, errors: readonly FieldError[]): ImportRowOutcome => ({
  row,
  user_id: null,
  code,
  errors: [...errors],
});
