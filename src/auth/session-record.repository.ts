import { listOf, Nothing, RemotePort } from '../platform/deployment/index.js';
import { ListSessionsQuery, StoredSessionPage } from './dto/session-list.dto.js';
import { SessionUse } from './dto/session.dto.js';

/** Port: what is kept of sessions for their owners to see, and for how long. Whether one lives is no question for it. */
@RemotePort<SessionRecordRepository>({
  list: { args: [String, ListSessionsQuery], result: StoredSessionPage, idempotent: true },
  recordUse: { args: [listOf(SessionUse)], result: Nothing, idempotent: true },
  prune: { args: [Date, Number], result: Number, idempotent: true },
})
export abstract class SessionRecordRepository {
  /** One page of an account's sessions that are alive, those used last first. */
  abstract list(userId: string, query: ListSessionsQuery): Promise<StoredSessionPage>;

  /**
   * Notes when sessions were used last. It never moves back, and never wakes a session that is over. A session that
   * somebody else is writing is left out: that is a use of it, too.
   */
  abstract recordUse(uses: SessionUse[]): Promise<void>;

  /**
   * Deletes sessions that were revoked, or came to their absolute end, before this time, with all their refresh tokens.
   * Until then spent tokens stay, to be recognised.
   * @param limit sessions deleted at most
   * @returns how many were; when it is `limit`, there may be more
   */
  abstract prune(before: Date, limit: number): Promise<number>;
}
