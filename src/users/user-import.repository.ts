import { Principal } from '../platform/context/index.js';
import { Effects } from '../platform/database/index.js';
import { Nothing, nullable, RemotePort } from '../platform/deployment/index.js';
import {
  ImportChunk,
  ImportedChunk,
  ImportRows,
  ImportRowsQuery,
  NewUserImport,
  UserImport,
} from './dto/user-import.dto.js';

/** Port: imports of accounts, what is staged of them, and what became of each row. */
@RemotePort<UserImportRepository>({
  begin: { args: [NewUserImport, Principal], result: Nothing },
  addChunk: { args: [ImportChunk, String], result: Nothing, idempotent: true },
  finishUpload: { args: [String, String, String, Effects], result: UserImport },
  discardUpload: { args: [String, String], result: Nothing, idempotent: true },
  find: { args: [String], result: nullable(UserImport), idempotent: true },
  findUploader: { args: [String], result: nullable(Principal), idempotent: true },
  nextChunk: { args: [String], result: nullable(ImportChunk), idempotent: true },
  mustWait: { args: [], result: Boolean, idempotent: true },
  importChunk: { args: [ImportedChunk], result: UserImport, idempotent: true },
  end: { args: [String, String, Effects], result: UserImport, idempotent: true },
  listRows: { args: [ImportRowsQuery], result: ImportRows, idempotent: true },
  prune: { args: [Date, Date], result: Number, idempotent: true },
})
export abstract class UserImportRepository {
  /**
   * Begins an upload. One of the same account of which nothing came for ten minutes is given up for it.
   * @throws IMPORT_UNFINISHED (CONFLICT), also when two begin at once
   */
  abstract begin(upload: NewUserImport, uploader: Principal): Promise<void>;

  /** Stages some rows. @throws NOT_FOUND unless the account has this upload open */
  abstract addChunk(chunk: ImportChunk, createdBy: string): Promise<void>;

  /**
   * The upload is whole: from now on it is the job's.
   * @throws NOT_FOUND unless the account has this upload open
   */
  abstract finishUpload(id: string, createdBy: string, jobId: string, effects: Effects): Promise<UserImport>;

  /** Forgets an upload that is still open. */
  abstract discardUpload(id: string, createdBy: string): Promise<void>;

  /** The import with this id (UUID). */
  abstract find(id: string): Promise<UserImport | null>;

  /** Who uploaded the file, and with which credential; without roles, which are for the account to tell. */
  abstract findUploader(id: string): Promise<Principal | null>;

  /** The rows to be imported next; null when there are none, or the import is over. */
  abstract nextChunk(id: string): Promise<ImportChunk | null>;

  /** Whether so many events and jobs wait to be relayed that those of another chunk would keep others waiting. */
  abstract mustWait(): Promise<boolean>;

  /**
   * Makes the accounts of a chunk, with their effects, and notes what became of each row, in one transaction. An address
   * that is taken refuses its row alone. After the last chunk the import is COMPLETED. Of a chunk that was imported before
   * nothing is done again.
   * @returns the import as it then is
   * @throws NOT_FOUND; PRECONDITION_FAILED when the role of whoever uploaded the file is another by now
   */
  abstract importChunk(chunk: ImportedChunk): Promise<UserImport>;

  /** Ends an import that is not over as STOPPED or FAILED. @throws NOT_FOUND */
  abstract end(id: string, state: string, effects: Effects): Promise<UserImport>;

  /** What became of the rows, in their order. */
  abstract listRows(query: ImportRowsQuery): Promise<ImportRows>;

  /**
   * Deletes uploads of which nothing came since `untouchedSince`, and imports that ended or were given up before
   * `endedBefore`, with all that belongs to them. @returns how many
   */
  abstract prune(untouchedSince: Date, endedBefore: Date): Promise<number>;
}
