import { Effects } from '../platform/database/index.js';
import { Nothing, nullable, RemotePort } from '../platform/deployment/index.js';
import {
  LiveSession,
  NewSession,
  PasswordReplacement,
  Rotation,
  RotationResult,
  SessionOwner,
} from './dto/session.dto.js';

/** Port: sessions, and the refresh tokens that keep them alive. Hashes are SHA-256 in hex. */
@RemotePort<SessionRepository>({
  open: { args: [NewSession, Effects], result: Nothing },
  findLive: { args: [String], result: nullable(LiveSession), idempotent: true },
  findByRefreshToken: { args: [String], result: nullable(SessionOwner), idempotent: true },
  rotate: { args: [Rotation, Effects], result: RotationResult },
  revoke: { args: [SessionOwner, String, Effects], result: Boolean },
  revokeAll: { args: [String, String, Effects], result: Number },
  replacePassword: { args: [PasswordReplacement, Effects], result: Boolean },
  recordFailure: { args: [Effects], result: Nothing },
})
export abstract class SessionRepository {
  /**
   * Stores a session, its first refresh token and the effects, and notes at the account that it signed in, in one
   * transaction. A new hash of its password replaces the one it was made for, unless the account has another by now.
   */
  abstract open(session: NewSession, effects: Effects): Promise<void>;

  /**
   * The session with this id if, at this moment, it is neither revoked nor over nor unused for too long, was opened with
   * the account's present access epoch, and the account may sign in. Always asked, never remembered.
   */
  abstract findLive(sessionId: string): Promise<LiveSession | null>;

  /** The session that a refresh token belongs to, dead ones and spent tokens included. */
  abstract findByRefreshToken(tokenHash: string): Promise<SessionOwner | null>;

  /**
   * Spends a refresh token and stores its successor, in one transaction. A token that was spent before revokes its
   * session instead and writes `onReuse`, once per session; unless it is the one spent last, within the grace interval,
   * and its successor is unspent. The session's absolute end is never moved.
   */
  abstract rotate(rotation: Rotation, onReuse: Effects): Promise<RotationResult>;

  /** Ends a session of this account. @returns whether there was one alive; if not, no effects are written */
  abstract revoke(session: SessionOwner, reason: string, effects: Effects): Promise<boolean>;

  /**
   * Ends every session of an account that is alive, with an event for each. @returns how many there were; if none, no
   * effects are written
   */
  abstract revokeAll(userId: string, reason: string, effects: Effects): Promise<number>;

  /**
   * Sets a password and ends every session of the account but the one named, in one transaction. Tokens by which a
   * password could have been set are void.
   * @returns false, and nothing is written, when the session or the account's access has ended in the meantime
   */
  abstract replacePassword(replacement: PasswordReplacement, effects: Effects): Promise<boolean>;

  /** Writes what a refused sign-in causes, which is nothing but effects. */
  abstract recordFailure(effects: Effects): Promise<void>;
}
