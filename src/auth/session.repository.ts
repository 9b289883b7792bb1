import { Effects } from '../platform/database/index.js';
import { Nothing, nullable, RemotePort } from '../platform/deployment/index.js';
import { LiveSession, NewSession, Rotation, RotationResult, SessionOfToken } from './dto/session.dto.js';

/** Port: sessions, and the refresh tokens that keep them alive. Hashes are SHA-256 in hex. */
@RemotePort<SessionRepository>({
  open: { args: [NewSession, Effects], result: Nothing },
  findLive: { args: [String], result: nullable(LiveSession), idempotent: true },
  findByRefreshToken: { args: [String], result: nullable(SessionOfToken), idempotent: true },
  rotate: { args: [Rotation, Effects], result: RotationResult },
  revoke: { args: [String, String, Effects], result: Boolean },
  recordFailure: { args: [Effects], result: Nothing },
})
export abstract class SessionRepository {
  /** Stores a session, its first refresh token and the effects in one transaction. */
  abstract open(session: NewSession, effects: Effects): Promise<void>;

  /**
   * The session with this id if, at this moment, it is neither revoked nor over, was opened with the account's present
   * access epoch, and the account may sign in. Always asked, never remembered.
   */
  abstract findLive(sessionId: string): Promise<LiveSession | null>;

  /** The session that a refresh token belongs to, dead ones and spent tokens included. */
  abstract findByRefreshToken(tokenHash: string): Promise<SessionOfToken | null>;

  /**
   * Spends a refresh token and stores its successor, in one transaction. A token that was spent before revokes its
   * session instead and writes `onReuse`, once per session. The session's absolute end is never moved.
   */
  abstract rotate(rotation: Rotation, onReuse: Effects): Promise<RotationResult>;

  /** Ends a session. @returns whether it was alive; if not, no effects are written */
  abstract revoke(sessionId: string, reason: string, effects: Effects): Promise<boolean>;

  /** Writes what a refused sign-in causes, which is nothing but effects. */
  abstract recordFailure(effects: Effects): Promise<void>;
}
