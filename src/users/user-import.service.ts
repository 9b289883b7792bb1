import { Injectable } from '@nestjs/common';
import { ArcanaConfig } from '../platform/config/index.js';
import { RequestContext, type Principal } from '../platform/context/index.js';
import { effects, newId } from '../platform/database/index.js';
import { Nothing, Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { covers, currentPrincipal, type Role } from '../platform/security/index.js';
import {
  ImportAccepted,
  ImportChunk,
  ImportRows,
  ImportRowsQuery,
  NewUserImport,
  UserImport,
  type ImportedAccount,
} from './dto/user-import.dto.js';
import { readChunk, refusal } from './staged-rows.js';
import { stillPermitted } from './transfer-authority.js';
import { importOver } from './user-import.effects.js';
import { UserImportRepository } from './user-import.repository.js';
import { UserRepository } from './user.repository.js';
import { ROLE_ABOVE_OWN } from './users.errors.js';
import { ImportUsers } from './users.jobs.js';

const DAY_MS = 86_400_000;
/** After so long nobody is uploading any more: no request lasts a day. */
const UPLOAD_TTL_MS = DAY_MS;

const isOver = ({ state }: UserImport): boolean => state === 'COMPLETED' || state === 'STOPPED';

/**
 * Import of accounts. The file is staged first, chunk by chunk, by whoever received it; then a job works through it, one
 * chunk in one transaction, in whichever process.
 */
@Injectable()
export class UserImportService {
  constructor(
    private readonly imports: UserImportRepository,
    private readonly users: UserRepository,
    private readonly config: ArcanaConfig,
  ) {}

  /** Begins an upload of the caller's. @throws IMPORT_UNFINISHED (CONFLICT): one at a time for each account */
  @Remote({ args: [NewUserImport], result: Nothing })
  async beginUpload(upload: NewUserImport): Promise<void> {
    await this.imports.begin(upload, currentPrincipal());
  }

  /** Stages some rows of it. @throws NOT_FOUND unless it is open, and the caller's */
  @Remote({ args: [ImportChunk], result: Nothing, idempotent: true })
  async addChunk(chunk: ImportChunk): Promise<void> {
    await this.imports.addChunk(chunk, currentPrincipal().id);
  }

  /** All rows are there: the job may begin. @throws NOT_FOUND as above */
  @Remote({ args: [String], result: ImportAccepted })
  async finishUpload(id: string): Promise<ImportAccepted> {
    const { format, send_invitations } = await this.get(id);
    const caused = effects()
      .job(ImportUsers, { import_id: id })
      .audited('USERS_IMPORTED', { target: id, details: { format, send_invitations } });
    const job_id = caused.jobs[0]!.id;
    const { rows } = await this.imports.finishUpload(id, currentPrincipal().id, job_id, caused);
    return Object.assign(new ImportAccepted(), { import_id: id, job_id, rows });
  }

  /** Leaves nothing of an upload that did not come to its end. */
  @Remote({ args: [String], result: Nothing, idempotent: true })
  async discardUpload(id: string): Promise<void> {
    await this.imports.discardUpload(id, currentPrincipal().id);
  }

  /** @throws NOT_FOUND */
  @Remote({ args: [String], result: UserImport, idempotent: true })
  async get(id: string): Promise<UserImport> {
    const found = await this.imports.find(id);
    if (!found) throw new AppError('NOT_FOUND');
    return found;
  }

  /** What became of the rows, page by page. */
  @Remote({ args: [ImportRowsQuery], result: ImportRows, idempotent: true })
  async rows(query: ImportRowsQuery): Promise<ImportRows> {
    return this.imports.listRows(query);
  }

  /** Whether the next chunk has to wait until what the others caused has been relayed. */
  @Remote({ args: [], result: Boolean, idempotent: true })
  mustWait(): Promise<boolean> {
    return this.imports.mustWait();
  }

  /**
   * Imports the next chunk, by the right that whoever uploaded the file has now; without it the import is STOPPED.
   * @returns the import as it then is; nothing happens to one that is over
   * @throws NOT_FOUND; PRECONDITION_FAILED when that right changed at this very moment: ask again
   */
  @Remote({ args: [String], result: UserImport, idempotent: true })
  async advance(id: string): Promise<UserImport> {
    const current = await this.get(id);
    if (isOver(current)) return current;
    const uploader = await this.imports.findUploader(id);
    const importer = uploader && stillPermitted(await this.users.find(uploader.id), uploader, 'users:import');
    if (!importer) return this.imports.end(id, 'STOPPED', importOver({ ...current, state: 'STOPPED' }));
    const chunk = await this.imports.nextChunk(id);
    if (!chunk) {
      const after = await this.get(id);
      if (after.state === 'UPLOADING') throw new AppError('NOT_FOUND');
      return after;
    }
    const { accounts, refused } = judge(chunk.content, importer);
    const { position } = chunk;
    return inTheNameOf(importer, () =>
      this.imports.importChunk({
        import_id: id,
        position,
        importer_role: importer.roles[0] as Role,
        accounts,
        refused,
      }),
    );
  }

  /** The job gave up. What is left is kept, and goes on when the job is tried again. */
  @Remote({ args: [String], result: UserImport, idempotent: true })
  async giveUp(id: string): Promise<UserImport> {
    const current = await this.get(id);
    if (isOver(current)) return current;
    return this.imports.end(id, 'FAILED', importOver({ ...current, state: 'FAILED' }));
  }

  /** Deletes what is too old to be asked for. @returns how many imports */
  @Remote({ args: [], result: Number, idempotent: true })
  async prune(): Promise<number> {
    const now = Date.now();
    return this.imports.prune(new Date(now - UPLOAD_TTL_MS), new Date(now - this.#retentionMs()));
  }

  /** An import is kept for as long as the record of its job. */
  #retentionMs(): number {
    return this.config.queue.retention_days * DAY_MS;
  }
}

/** The rows of a chunk that may become accounts, and the others with the reason. */
function judge(content: string, importer: Principal) {
  const { ready, refused } = readChunk(content);
  const accounts: ImportedAccount[] = [];
  for (const { row, fields } of ready) {
    const { name, email, role = 'user', avatar_url = null, metadata = {} } = fields;
    if (!covers(importer, role)) {
      const { reason, message } = ROLE_ABOVE_OWN.definition;
      refused.push(refusal(row, reason, [{ field: 'role', code: reason, message }]));
    } else accounts.push({ row, id: newId(), name, email, role, avatar_url, metadata });
  }
  return { accounts, refused };
}

/** A job is nobody's; what it does here is written down as done by whoever uploaded the file. */
function inTheNameOf<T>(principal: Principal, work: () => Promise<T>): Promise<T> {
  const context = RequestContext.current();
  if (!context) return work();
  const { deadline, signal } = context;
  return RequestContext.run(
    context.continuedAs({ ...(deadline !== undefined && { deadline }), signal, principal }),
    work,
  );
}
