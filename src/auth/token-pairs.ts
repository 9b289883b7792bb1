import { Injectable } from '@nestjs/common';
import { ArcanaConfig, type SecuritySettings } from '../platform/config/index.js';
import { AccessTokens } from './access-tokens.js';
import type { TokenPair } from './dto/auth-answers.dto.js';

/** What a caller gets who signed in or refreshed. */
@Injectable()
export class TokenPairs {
  readonly #security: SecuritySettings;

  constructor(
    private readonly tokens: AccessTokens,
    config: ArcanaConfig,
  ) {
    this.#security = config.security;
  }

  /**
   * A new access token beside a refresh token; it never outlives the session.
   * @param refresh the refresh token, as its owner gets it
   * @param sessionSecs seconds until the session's absolute end
   */
  async issue(
    subject: { sub: string; sid: string; role: string },
    refresh: string,
    sessionSecs: number,
  ): Promise<TokenPair> {
    const expires_in = Math.min(this.#security.jwt_access_expiration_secs, sessionSecs);
    const access_token = await this.tokens.sign(subject, expires_in);
    return { access_token, refresh_token: refresh, token_type: 'Bearer', expires_in };
  }
}
