import { Injectable } from '@nestjs/common';
import { Cache } from '../platform/cache/index.js';
import { ACCESS_MEMORY_MS, ROLES, sessionTag, userTag } from '../platform/security/index.js';
import type { LiveSession } from './dto/session.dto.js';
import { SessionRepository } from './session.repository.js';

/**
 * Whether a session lives. The answer is the database's; where every process sees the same cache, it is remembered there
 * for up to 2 s, and forgotten by whatever ends access before that act is answered (`AccessCuts`). Where it does not, as
 * in the memory of a process, nothing is remembered.
 *
 * Never open for lack of an answer: what the cache does not know the database is asked, and when that cannot say, nobody
 * is let in. A change that is made behind the product's back, in SQL, acts after 2 s.
 */
@Injectable()
export class LiveSessions {
  constructor(
    private readonly cache: Cache,
    private readonly sessions: SessionRepository,
  ) {}

  /**
   * The session, if it is alive and belongs to this account.
   * @throws SERVICE_UNAVAILABLE when it cannot be told now
   */
  async find(sessionId: string, userId: string): Promise<LiveSession | null> {
    if (!this.cache.isShared) return ownedBy(userId, await this.sessions.findLive(sessionId));
    const answer = await this.cache.find({
      key: `live:${sessionId}`,
      tags: [sessionTag(sessionId), userTag(userId)],
    });
    if (answer.result === 'hit' && isLiveSession(answer.value, sessionId, userId)) return answer.value;
    const session = ownedBy(userId, await this.sessions.findLive(sessionId));
    if (session && answer.result === 'miss' && answer.lease) {
      // Not waited for, and never failing: the answer is known.
      void this.cache.store(answer.lease, session, Math.min(ACCESS_MEMORY_MS, session.remaining_ms));
    }
    return session;
  }
}

/** A token names both; one that names them wrongly is worth nothing. */
const ownedBy = (userId: string, session: LiveSession | null): LiveSession | null =>
  session?.user_id === userId ? session : null;

/** What lies in a cache may be of another release. */
function isLiveSession(value: unknown, sessionId: string, userId: string): value is LiveSession {
  if (typeof value !== 'object' || value === null) return false;
  const { session_id, user_id, role, revision } = value as Partial<LiveSession>;
  return (
    session_id === sessionId &&
    user_id === userId &&
    ROLES.some((known) => known === role) &&
    typeof revision === 'string'
  );
}
