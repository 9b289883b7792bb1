import { emailKey } from './account-rules.js';
import type { ImportedAccount, ImportRowOutcome } from './dto/user-import.dto.js';
import type { SyncStatus } from './dto/user.dto.js';
import { refusal } from './staged-rows.js';
import { EMAIL_TAKEN } from './users.errors.js';

/** The transaction of an adapter, as far as statements go. */
interface Transaction {
  query<T>(sql: string, parameters: unknown[]): Promise<T>;
}

/**
 * Stores the accounts whose address nobody has, pending verification and without a password; of two with one address the
 * first. In the order of their addresses, as every import does it, so that two of them do not wait for each other.
 * @param syncStatus with which they begin
 * @returns those that were stored
 */
export async function insertAccounts(
  tx: Transaction,
  accounts: readonly ImportedAccount[],
  syncStatus: SyncStatus,
): Promise<ImportedAccount[]> {
  if (accounts.length === 0) return [];
  const inserted = await tx.query<{ id: string }[]>(
    `INSERT INTO users (id, name, email, role, status, avatar_url, metadata, sync_status)
     SELECT a.id, a.name, a.email, a.role, 'pending_verification', a.avatar_url, a.metadata, $2
     FROM jsonb_to_recordset($1::jsonb)
       AS a(row int, id uuid, name text, email text, role text, avatar_url text, metadata jsonb)
     ORDER BY lower(a.email COLLATE "C"), a.row
     ON CONFLICT (lower(email COLLATE "C")) DO NOTHING RETURNING id`,
    [JSON.stringify(accounts), syncStatus],
  );
  const ids = new Set(inserted.map(({ id }) => id));
  return accounts.filter(({ id }) => ids.has(id));
}

/** Why each of `missed` was not stored: the account that has its address is of this file, or was there before. */
export async function conflictsOf(
  tx: Transaction,
  importId: string,
  missed: readonly ImportedAccount[],
): Promise<ImportRowOutcome[]> {
  if (missed.length === 0) return [];
  const holders = await tx.query<{ key: string; row: number | null }[]>(
    `SELECT lower(u.email COLLATE "C") AS key, r.row_number AS row
     FROM users u LEFT JOIN user_import_rows r ON r.import_id = $1 AND r.user_id = u.id
     WHERE lower(u.email COLLATE "C") = ANY($2::text[])`,
    [importId, missed.map(({ email }) => emailKey(email))],
  );
  const rowOf = new Map(holders.map(({ key, row }) => [key, row]));
  return missed.map(({ row, email }) => {
    const first = rowOf.get(emailKey(email)) ?? null;
    const { reason, message } = EMAIL_TAKEN.definition;
    return first === null
      ? refusal(row, reason, [{ field: 'email', code: reason, message }])
      : refusal(row, 'DUPLICATE_IN_FILE', [
          { field: 'email', code: 'DUPLICATE_IN_FILE', message: `row ${first} has the same address` },
        ]);
  });
}

/** Keeps what became of rows. */
export async function noteRows(
  tx: Transaction,
  importId: string,
  outcomes: readonly ImportRowOutcome[],
): Promise<void> {
  if (outcomes.length === 0) return;
  await tx.query(
    `INSERT INTO user_import_rows (import_id, row_number, user_id, code, errors)
     SELECT $1::uuid, r.row, r.user_id, r.code, nullif(r.errors, '[]')
     FROM jsonb_to_recordset($2::jsonb) AS r(row int, user_id uuid, code text, errors jsonb)`,
    [importId, JSON.stringify(outcomes)],
  );
}
