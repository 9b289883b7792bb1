import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ArcanaConfig } from '../platform/config/index.js';
import { Principal } from '../platform/context/index.js';
import {
  Database,
  EffectsWriter,
  OutboxStore,
  throwReasonOf,
  type Effects,
} from '../platform/database/index.js';
import { AppError } from '../platform/errors/index.js';
import {
  ImportChunk,
  ImportRows,
  type ImportedChunk,
  type ImportRowsQuery,
  type NewUserImport,
  type UserImport,
} from './dto/user-import.dto.js';
import type { SyncStatus } from './dto/user.dto.js';
import { conflictsOf, insertAccounts, noteRows } from './imported-accounts.sql.js';
import { syncMark } from './sync-mark.js';
import { accountsMade, importOver } from './user-import.effects.js';
import { IMPORT_COLUMNS_SQL, toUserImport, type UserImportRow } from './user-import.mapper.js';
import { UserImportRepository } from './user-import.repository.js';
import { IMPORT_UNFINISHED } from './users.errors.js';

/** What `UPDATE ... RETURNING` gives: the rows, and how many there were. */
type Affected<T> = [T[], number];

const CONSTRAINTS = { uq_user_imports_unfinished: IMPORT_UNFINISHED };
const asReason = (error: unknown): never => throwReasonOf(error, CONSTRAINTS);

/**
 * Events and jobs that may wait to be relayed when a chunk adds its own, a thousand at most: a mail that somebody asks for
 * meanwhile waits behind no more than these.
 */
const RELAY_BACKLOG = 1_000;

/** Longer than a stream may stand still: whoever uploaded it has left, and the process with them. */
const ABANDONED = `state = 'UPLOADING' AND updated_at < now() - interval '10 minutes'`;

/** Imports in PostgreSQL. */
@Injectable()
export class TypeOrmUserImportRepository extends UserImportRepository {
  readonly #syncStatus: SyncStatus;

  constructor(
    private readonly database: Database,
    private readonly effects: EffectsWriter,
    private readonly outbox: OutboxStore,
    config: ArcanaConfig,
  ) {
    super();
    this.#syncStatus = syncMark(config).sync_status;
  }

  async begin(upload: NewUserImport, uploader: Principal): Promise<void> {
    const { id, format, send_invitations, ignored_columns } = upload;
    const { id: createdBy, via, key_id, scopes } = uploader;
    await this.database
      .transaction(async (tx) => {
        await tx.query(`DELETE FROM user_imports WHERE created_by = $1 AND ${ABANDONED}`, [createdBy]);
        await tx.query(
          `INSERT INTO user_imports (id, created_by, created_with, state, format, send_invitations, ignored_columns)
           VALUES ($1, $2, $3, 'UPLOADING', $4, $5, $6)`,
          [id, createdBy, { via, key_id, scopes }, format, send_invitations, ignored_columns],
        );
      })
      .catch(asReason);
  }

  async addChunk(chunk: ImportChunk, createdBy: string): Promise<void> {
    const { import_id, position, rows, content } = chunk;
    await this.database.transaction(async (tx) => {
      // A call that is repeated because its answer was lost finds the chunk there, and counts it once.
      const [found] = await tx.query<Affected<{ id: string }>>(
        `UPDATE user_imports SET updated_at = now() WHERE id = $1 AND created_by = $2 AND state = 'UPLOADING' RETURNING id`,
        [import_id, createdBy],
      );
      if (found.length === 0) throw new AppError('NOT_FOUND');
      await tx.query(
        `INSERT INTO user_import_chunks (import_id, position, row_count, content) VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT pk_user_import_chunks DO NOTHING`,
        [import_id, position, rows, content],
      );
    });
  }

  finishUpload(id: string, createdBy: string, jobId: string, effects: Effects): Promise<UserImport> {
    return this.database.transaction(async (tx) => {
      const [rows] = await tx.query<Affected<UserImportRow>>(
        `UPDATE user_imports SET state = 'PENDING', job_id = $3, updated_at = now(),
           (row_count, chunk_count) =
             (SELECT coalesce(sum(row_count), 0), count(*) FROM user_import_chunks WHERE import_id = $1)
         WHERE id = $1 AND created_by = $2 AND state = 'UPLOADING' RETURNING ${IMPORT_COLUMNS_SQL}`,
        [id, createdBy, jobId],
      );
      const finished = one(rows);
      await this.effects.write(tx, effects);
      return finished;
    });
  }

  async discardUpload(id: string, createdBy: string): Promise<void> {
    await this.database.transaction((tx) =>
      tx.query(`DELETE FROM user_imports WHERE id = $1 AND created_by = $2 AND state = 'UPLOADING'`, [
        id,
        createdBy,
      ]),
    );
  }

  async find(id: string): Promise<UserImport | null> {
    const [row] = await this.database.read((manager) =>
      manager.query<UserImportRow[]>(`SELECT ${IMPORT_COLUMNS_SQL} FROM user_imports WHERE id = $1`, [id]),
    );
    return row ? toUserImport(row) : null;
  }

  async findUploader(id: string): Promise<Principal | null> {
    const [row] = await this.database.read((manager) =>
      manager.query<{ created_by: string; created_with: Pick<Principal, 'via' | 'key_id' | 'scopes'> }[]>(
        'SELECT created_by, created_with FROM user_imports WHERE id = $1',
        [id],
      ),
    );
    if (!row) return null;
    return Object.assign(new Principal(), { id: row.created_by, roles: [], ...row.created_with });
  }

  async nextChunk(id: string): Promise<ImportChunk | null> {
    const [row] = await this.database.read((manager) =>
      manager.query<ImportChunk[]>(
        `SELECT c.import_id, c.position, c.row_count AS rows, c.content
         FROM user_imports i JOIN user_import_chunks c ON c.import_id = i.id AND c.position = i.next_chunk
         WHERE i.id = $1 AND i.state IN ('PENDING', 'RUNNING', 'FAILED')`,
        [id],
      ),
    );
    return row ? Object.assign(new ImportChunk(), row) : null;
  }

  mustWait(): Promise<boolean> {
    return this.outbox.isCrowded(RELAY_BACKLOG);
  }

  importChunk(chunk: ImportedChunk): Promise<UserImport> {
    return this.database.transaction((tx) => this.#import(tx, chunk)).catch(asReason);
  }

  end(id: string, state: string, effects: Effects): Promise<UserImport> {
    return this.database.transaction(async (tx) => {
      const [rows] = await tx.query<Affected<UserImportRow>>(
        `UPDATE user_imports SET state = $2, updated_at = now(), finished_at = now()
         WHERE id = $1 AND state IN ('PENDING', 'RUNNING', 'FAILED') RETURNING ${IMPORT_COLUMNS_SQL}`,
        [id, state],
      );
      if (rows.length > 0) {
        // What a failed one has left is needed when its job is tried again.
        if (state !== 'FAILED') await tx.query('DELETE FROM user_import_chunks WHERE import_id = $1', [id]);
        await this.effects.write(tx, effects);
        return one(rows);
      }
      return one(
        await tx.query<UserImportRow[]>(`SELECT ${IMPORT_COLUMNS_SQL} FROM user_imports WHERE id = $1`, [id]),
      );
    });
  }

  async listRows({ import_id, outcome, after, limit }: ImportRowsQuery): Promise<ImportRows> {
    const wanted = { refused: 'AND code IS NOT NULL', created: 'AND user_id IS NOT NULL', all: '' }[outcome];
    const data = await this.database.read((manager) =>
      manager.query<ImportRows['data']>(
        `SELECT row_number AS row, user_id, code, coalesce(errors, '[]') AS errors FROM user_import_rows
         WHERE import_id = $1 AND row_number > $2 ${wanted} ORDER BY row_number LIMIT $3`,
        [import_id, after, limit],
      ),
    );
    return Object.assign(new ImportRows(), { data });
  }

  async prune(untouchedSince: Date, endedBefore: Date): Promise<number> {
    const [, count] = await this.database.transaction((tx) =>
      tx.query<Affected<unknown>>(
        `DELETE FROM user_imports WHERE (state = 'UPLOADING' AND updated_at < $1) OR updated_at < $2`,
        [untouchedSince, endedBefore],
      ),
    );
    return count;
  }

  async #import(tx: EntityManager, chunk: ImportedChunk): Promise<UserImport> {
    const { import_id, position } = chunk;
    const [row] = await tx.query<(UserImportRow & { next_chunk: number })[]>(
      `SELECT ${IMPORT_COLUMNS_SQL}, next_chunk FROM user_imports WHERE id = $1 FOR UPDATE`,
      [import_id],
    );
    if (!row) throw new AppError('NOT_FOUND');
    const isOpen = ['PENDING', 'RUNNING', 'FAILED'].includes(row.state);
    if (!isOpen || row.next_chunk !== position) return toUserImport(row);
    await assertStillHas(tx, row.created_by, chunk.importer_role);

    const made = await insertAccounts(tx, chunk.accounts, this.#syncStatus);
    await noteRows(
      tx,
      import_id,
      made.map(({ row, id }) => ({ row, user_id: id, code: null, errors: [] })),
    );
    const ids = new Set(made.map(({ id }) => id));
    const missed = chunk.accounts.filter(({ id }) => !ids.has(id));
    const refused = [...chunk.refused, ...(await conflictsOf(tx, import_id, missed))];
    await noteRows(tx, import_id, refused);
    await tx.query('DELETE FROM user_import_chunks WHERE import_id = $1 AND position = $2', [
      import_id,
      position,
    ]);
    const [rows] = await tx.query<Affected<UserImportRow>>(
      `UPDATE user_imports SET next_chunk = next_chunk + 1, updated_at = now(),
         processed_count = processed_count + $2 + $3, created_count = created_count + $2,
         refused_count = refused_count + $3,
         state = CASE WHEN next_chunk + 1 = chunk_count THEN 'COMPLETED' ELSE 'RUNNING' END,
         finished_at = CASE WHEN next_chunk + 1 = chunk_count THEN now() END
       WHERE id = $1 RETURNING ${IMPORT_COLUMNS_SQL}`,
      [import_id, made.length, refused.length],
    );
    const current = one(rows);
    await this.effects.write(tx, accountsMade(current, made));
    if (current.state === 'COMPLETED') await this.effects.write(tx, importOver(current));
    return current;
  }
}

function one(rows: UserImportRow[]): UserImport {
  if (rows.length === 0) throw new AppError('NOT_FOUND');
  return toUserImport(rows[0]!);
}

/** Holds the account until the transaction ends: its role cannot change between being judged and being used. */
async function assertStillHas(tx: EntityManager, id: string, role: string): Promise<void> {
  const found = await tx.query<unknown[]>(
    `SELECT 1 FROM users WHERE id = $1 AND role = $2 AND status IN ('active', 'pending_verification') FOR SHARE`,
    [id, role],
  );
  if (found.length === 0) throw new AppError('PRECONDITION_FAILED');
}
