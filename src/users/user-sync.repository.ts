import { listOf, Nothing, RemotePort } from '../platform/deployment/index.js';
import { PendingUser, SyncFailure } from './dto/user-sync.dto.js';

/** Port: accounts whose latest change the directory outside does not know yet. */
@RemotePort<UserSyncRepository>({
  listDue: { args: [Number], result: listOf(PendingUser), idempotent: true },
  markSynced: { args: [String, Number], result: Nothing, idempotent: true },
  recordFailure: { args: [String, Number, SyncFailure], result: Nothing },
})
export abstract class UserSyncRepository {
  /** Up to `limit` accounts that are PENDING and due, deleted ones included, longest due first. */
  abstract listDue(limit: number): Promise<PendingUser[]>;

  /** The directory knows this version of the account. Nothing happens when there is a later one, which is PENDING. */
  abstract markSynced(id: string, version: number): Promise<void>;

  /** The directory did not take this version: it is due again later, or given up. As {@link markSynced} otherwise. */
  abstract recordFailure(id: string, version: number, failure: SyncFailure): Promise<void>;
}
