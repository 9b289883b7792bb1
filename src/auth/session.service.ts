import { Injectable } from '@nestjs/common';
import { ArcanaConfig, type SecuritySettings } from '../platform/config/index.js';
import { RequestContext } from '../platform/context/index.js';
import { effects } from '../platform/database/index.js';
import { Nothing, Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { AccessCuts } from '../platform/security/index.js';
import { hashOpaqueToken, isOpaqueToken, newOpaqueToken } from '../users/index.js';
import { LoggedOut, TokenReuseDetected } from './auth.events.js';
import { ownSession } from './own-session.js';
import { TokenPair } from './dto/auth-answers.dto.js';
import { LogoutRequest, RefreshRequest } from './dto/auth-requests.dto.js';
import { ListSessionsQuery, Session, SessionPage, type StoredSession } from './dto/session-list.dto.js';
import type { SessionOwner } from './dto/session.dto.js';
import { deviceNameOf } from './device-name.js';
import { sessionLifetimes } from './session-lifetimes.js';
import { SessionRecordRepository } from './session-record.repository.js';
import { SessionRepository } from './session.repository.js';
import { TokenPairs } from './token-pairs.js';
import { newSuccessorSeed, successorOf } from './token-successor.js';

/** The rules of keeping a session alive, and of ending it. */
@Injectable()
export class SessionService {
  readonly #security: SecuritySettings;

  constructor(
    private readonly sessions: SessionRepository,
    private readonly records: SessionRecordRepository,
    private readonly pairs: TokenPairs,
    private readonly cuts: AccessCuts,
    config: ArcanaConfig,
  ) {
    this.#security = config.security;
  }

  /**
   * Trades a refresh token for a new pair. A token that was traded before ends its session: either it or its successor
   * is in the wrong hands, and nobody can tell which (RFC 9700, 4.14.2). Within the grace interval, if one is configured,
   * the token that was traded last is answered with the successor it has already, as long as that one is unspent: of any
   * number of calls at once, and of calls whose answer was lost, there is one chain.
   * @throws UNAUTHORIZED when the token is unknown, spent, or its session is over; TOKEN_EXPIRED
   */
  @Remote({ args: [RefreshRequest], result: TokenPair })
  async refresh({ refresh_token }: RefreshRequest): Promise<TokenPair> {
    const session = await this.#sessionOf(refresh_token);
    if (!session) throw new AppError('UNAUTHORIZED');
    const { session_id, user_id } = session;
    const grace_secs = this.#security.refresh_reuse_grace_secs;
    const seed = grace_secs > 0 ? newSuccessorSeed() : undefined;
    const next = seed === undefined ? newOpaqueToken().token : successorOf(refresh_token, seed);
    const { outcome, role, remaining_secs, successor_seed } = await this.sessions.rotate(
      {
        token_hash: hashOpaqueToken(refresh_token),
        next_token_hash: hashOpaqueToken(next),
        ...sessionLifetimes(this.#security),
        grace_secs,
        successor_seed: seed,
        ip: RequestContext.current()?.ip,
      },
      effects()
        .event(TokenReuseDetected, { user_id, session_id })
        .audited('TOKEN_REUSE_DETECTED', { target: user_id, details: { session_id } }),
    );
    if (outcome === 'reused') await this.cuts.ofSession(session_id);
    if (outcome === 'expired') throw new AppError('TOKEN_EXPIRED');
    if (outcome !== 'rotated' && outcome !== 'repeated') throw new AppError('UNAUTHORIZED');
    const issued = outcome === 'repeated' ? successorOf(refresh_token, successor_seed!) : next;
    return this.pairs.issue({ sub: user_id, sid: session_id, role: role! }, issued, remaining_secs!);
  }

  /** The caller's sessions that are alive, those used last first. @throws FORBIDDEN without a session of one's own */
  @Remote({ args: [ListSessionsQuery], result: SessionPage, idempotent: true })
  async list(query: ListSessionsQuery): Promise<SessionPage> {
    const { session_id, user_id } = ownSession();
    const { data, total } = await this.records.list(user_id, query);
    const { page, size } = query;
    return { data: data.map((session) => shown(session, session_id)), page, size, total };
  }

  /**
   * Ends one of the caller's sessions, their own included.
   * @param session_id UUID
   * @throws NOT_FOUND when the caller has no such session that is alive; FORBIDDEN without a session of one's own
   */
  @Remote({ args: [String], result: Nothing })
  async end(session_id: string): Promise<void> {
    const { user_id } = ownSession();
    if (!(await this.#end({ session_id, user_id }, 'ended'))) throw new AppError('NOT_FOUND');
  }

  /**
   * Ends the session of the caller's access token, and that of the refresh token if one is given. A refresh token that
   * is worth nothing is no error: there is nothing left to end (RFC 7009, 2.2).
   * @throws UNAUTHORIZED when there is neither
   */
  @Remote({ args: [LogoutRequest], result: Nothing })
  async logout({ refresh_token }: LogoutRequest): Promise<void> {
    const principal = RequestContext.current()?.principal;
    const named = refresh_token === undefined ? null : await this.#sessionOf(refresh_token);
    if (!principal && refresh_token === undefined) throw new AppError('UNAUTHORIZED');
    const own = principal?.sid === undefined ? null : { session_id: principal.sid, user_id: principal.id };
    for (const session of [own, named?.session_id === own?.session_id ? null : named]) {
      if (session) await this.#end(session, 'logout');
    }
  }

  /** Ends every session of the caller. @throws FORBIDDEN without a session of one's own */
  @Remote({ args: [], result: Nothing, idempotent: true })
  async logoutAll(): Promise<void> {
    const { user_id } = ownSession();
    await this.sessions.revokeAll(
      user_id,
      'logout_all',
      effects().audited('LOGGED_OUT_ALL', { target: user_id }),
    );
    await this.cuts.ofUser(user_id);
  }

  async #sessionOf(refreshToken: string): Promise<SessionOwner | null> {
    // Junk is refused before the database is asked.
    return isOpaqueToken(refreshToken)
      ? this.sessions.findByRefreshToken(hashOpaqueToken(refreshToken))
      : null;
  }

  async #end(session: SessionOwner, reason: 'logout' | 'ended'): Promise<boolean> {
    const { session_id, user_id } = session;
    const entry = { target: user_id, details: { session_id } };
    const caused = effects().event(LoggedOut, { user_id, session_id });
    if (reason === 'logout') caused.audited('LOGGED_OUT', entry);
    else caused.audited('SESSION_ENDED', entry);
    const wasAlive = await this.sessions.revoke(session, reason, caused);
    // Also when it was over already: whoever ended it may not have come to this.
    await this.cuts.ofSession(session_id);
    return wasAlive;
  }
}

/** A session as its owner sees it. */
const shown = (session: StoredSession, current: string): Session => ({
  id: session.id,
  device_name: session.device_name ?? deviceNameOf(session.user_agent),
  ip_address: session.ip_address,
  user_agent: session.user_agent,
  created_at: session.created_at,
  last_used_at: session.last_used_at,
  expires_at: session.expires_at,
  idle_expires_at: session.idle_expires_at,
  current: session.id === current,
});
