import { Injectable } from '@nestjs/common';
import { ArcanaConfig, type SecuritySettings } from '../platform/config/index.js';
import { RequestContext } from '../platform/context/index.js';
import { effects } from '../platform/database/index.js';
import { Nothing, Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { AccessCuts } from '../platform/security/index.js';
import { hashOpaqueToken, isOpaqueToken, newOpaqueToken } from '../users/index.js';
import { LoggedOut, TokenReuseDetected } from './auth.events.js';
import { TokenPair } from './dto/auth-answers.dto.js';
import { LogoutRequest, RefreshRequest } from './dto/auth-requests.dto.js';
import type { SessionOfToken } from './dto/session.dto.js';
import { SessionRepository } from './session.repository.js';
import { TokenPairs } from './token-pairs.js';

/** The rules of keeping a session alive, and of ending it. */
@Injectable()
export class SessionService {
  readonly #security: SecuritySettings;

  constructor(
    private readonly sessions: SessionRepository,
    private readonly pairs: TokenPairs,
    private readonly cuts: AccessCuts,
    config: ArcanaConfig,
  ) {
    this.#security = config.security;
  }

  /**
   * Trades a refresh token for a new pair. A token that was traded before ends its session: either it or its successor
   * is in the wrong hands, and nobody can tell which (RFC 9700, 4.14.2).
   * @throws UNAUTHORIZED when the token is unknown, spent, or its session is over; TOKEN_EXPIRED
   */
  @Remote({ args: [RefreshRequest], result: TokenPair })
  async refresh({ refresh_token }: RefreshRequest): Promise<TokenPair> {
    const session = await this.#sessionOf(refresh_token);
    if (!session) throw new AppError('UNAUTHORIZED');
    const { session_id, user_id } = session;
    const next = newOpaqueToken();
    const { outcome, role, remaining_secs } = await this.sessions.rotate(
      {
        token_hash: hashOpaqueToken(refresh_token),
        next_token_hash: next.hash,
        refresh_lifetime_secs: this.#security.jwt_refresh_expiration_secs,
      },
      effects()
        .event(TokenReuseDetected, { user_id, session_id })
        .audited('TOKEN_REUSE_DETECTED', { target: user_id, details: { session_id } }),
    );
    if (outcome === 'reused') await this.cuts.ofSession(session_id);
    if (outcome === 'expired') throw new AppError('TOKEN_EXPIRED');
    if (outcome !== 'rotated') throw new AppError('UNAUTHORIZED');
    return this.pairs.issue({ sub: user_id, sid: session_id, role: role! }, next.token, remaining_secs!);
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
      if (session) await this.#end(session);
    }
  }

  async #sessionOf(refreshToken: string): Promise<SessionOfToken | null> {
    // Junk is refused before the database is asked.
    return isOpaqueToken(refreshToken)
      ? this.sessions.findByRefreshToken(hashOpaqueToken(refreshToken))
      : null;
  }

  async #end({ session_id, user_id }: SessionOfToken): Promise<void> {
    await this.sessions.revoke(
      session_id,
      'logout',
      effects()
        .event(LoggedOut, { user_id, session_id })
        .audited('LOGGED_OUT', { target: user_id, details: { session_id } }),
    );
    // Also when it was over already: whoever ended it may not have come to this.
    await this.cuts.ofSession(session_id);
  }
}
