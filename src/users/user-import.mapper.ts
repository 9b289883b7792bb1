import { UserImport } from './dto/user-import.dto.js';

/** A row of `user_imports`, by the names of its columns. */
export interface UserImportRow extends Pick<
  UserImport,
  | 'id'
  | 'state'
  | 'format'
  | 'send_invitations'
  | 'ignored_columns'
  | 'job_id'
  | 'created_by'
  | 'created_at'
  | 'finished_at'
> {
  row_count: number;
  processed_count: number;
  created_count: number;
  refused_count: number;
}

export const IMPORT_COLUMNS_SQL =
  'id, state, format, send_invitations, ignored_columns, job_id, created_by, created_at, finished_at, row_count, processed_count, created_count, refused_count';

export function toUserImport(row: UserImportRow): UserImport {
  const { id, state, format, send_invitations, ignored_columns, job_id, created_by } = row;
  return Object.assign(new UserImport(), {
    id,
    state,
    format,
    send_invitations,
    ignored_columns,
    job_id,
    created_by,
    rows: row.row_count,
    processed: row.processed_count,
    created: row.created_count,
    refused: row.refused_count,
    created_at: row.created_at,
    finished_at: row.finished_at,
  } satisfies UserImport);
}
