import { Injectable } from '@nestjs/common';
import { Principal } from '../platform/context/index.js';
import { Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { PrincipalResolver } from '../platform/security/index.js';
import { AccessTokens, type AccessClaims } from './access-tokens.js';
import { TokenValidity } from './dto/auth-answers.dto.js';
import type { LiveSession } from './dto/session.dto.js';
import { LiveSessions } from './live-sessions.js';
import { SessionUses } from './session-uses.js';

/** What an access token is worth at this moment: signature and time first, then its session, every time. */
@Injectable()
export class TokenService extends PrincipalResolver {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly sessions: LiveSessions,
    private readonly uses: SessionUses,
  ) {
    super();
  }

  /** @throws UNAUTHORIZED, TOKEN_EXPIRED, SERVICE_UNAVAILABLE: see {@link PrincipalResolver.resolve} */
  @Remote({ args: [String], result: Principal, idempotent: true })
  async resolve(credential: string): Promise<Principal> {
    const { session } = await this.#judge(credential);
    return this.#holderOf(session);
  }

  /** @throws UNAUTHORIZED, SERVICE_UNAVAILABLE: see {@link PrincipalResolver.renew} */
  @Remote({ args: [Principal], result: Principal, idempotent: true })
  async renew({ id, sid }: Principal): Promise<Principal> {
    const session = sid === undefined ? null : await this.sessions.find(sid, id);
    if (!session) throw new AppError('UNAUTHORIZED');
    return this.#holderOf(session);
  }

  /**
   * The same judgement as an answer: a worthless token is no error.
   * @throws SERVICE_UNAVAILABLE when it cannot be told now
   */
  @Remote({ args: [String], result: TokenValidity, idempotent: true })
  async validate(token: string): Promise<TokenValidity> {
    try {
      const { session, claims } = await this.#judge(token);
      return {
        valid: true,
        user_id: session.user_id,
        roles: [session.role],
        session_id: session.session_id,
        expires_at: new Date(claims.exp * 1000),
      };
    } catch (error) {
      if (error instanceof AppError && (error.code === 'UNAUTHORIZED' || error.code === 'TOKEN_EXPIRED')) {
        return { valid: false, roles: [] };
      }
      throw error;
    }
  }

  #holderOf({ session_id, user_id, role, revision }: LiveSession): Principal {
    this.uses.note(session_id);
    return Object.assign(new Principal(), {
      id: user_id,
      roles: [role],
      sid: session_id,
      revision,
      via: 'access_token' as const,
    });
  }

  async #judge(token: string): Promise<{ claims: AccessClaims; session: LiveSession }> {
    // Waiting for what is known already would be a third of the way.
    const claims = this.tokens.recall(token) ?? (await this.tokens.verify(token));
    const session = await this.sessions.find(claims.sid, claims.sub);
    if (!session) throw new AppError('UNAUTHORIZED');
    return { claims, session };
  }
}
