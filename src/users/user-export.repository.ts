import { Effects } from '../platform/database/index.js';
import { Nothing, nullable, RemotePort } from '../platform/deployment/index.js';
import { ExportFilter, UserBatch } from './dto/export-users.dto.js';

/** Port: accounts in bulk, for an export. Nothing stays open between two batches. */
@RemotePort<UserExportRepository>({
  begin: { args: [Effects], result: Nothing },
  listAfter: { args: [ExportFilter, nullable(String), Number], result: UserBatch, idempotent: true },
})
export abstract class UserExportRepository {
  /** Writes that an export begins; it is on record when this returns. */
  abstract begin(effects: Effects): Promise<void>;

  /**
   * The next accounts that match, in the order of their ids; there may be none although others follow.
   * @param after `next` of the batch before; null: from the first on
   * @param limit how many at most
   */
  abstract listAfter(filter: ExportFilter, after: string | null, limit: number): Promise<UserBatch>;
}
