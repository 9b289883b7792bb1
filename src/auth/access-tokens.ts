import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { randomUUID } from 'node:crypto';
import { ArcanaConfig, jwtSecret, type SecuritySettings } from '../platform/config/index.js';
import { AppError } from '../platform/errors/index.js';
import { isAccessTokenFormat, MAX_ACCESS_TOKEN_LENGTH } from './access-token.format.js';

/** Tokens whose signature is remembered: about 5 MB. */
const REMEMBERED = 10_000;

/** What a valid token says. */
export interface AccessClaims {
  /** Id of the account. */
  readonly sub: string;
  /** Id of the session. */
  readonly sid: string;
  readonly roles: readonly string[];
  readonly jti: string;
  /** Seconds since 1970. */
  readonly exp: number;
}

/**
 * Signs and verifies access tokens (JWT, HS256, RFC 9068). That a token verifies says that we issued it and its time is
 * not over; whether its session still lives is a question for the sessions.
 */
@Injectable()
export class AccessTokens {
  readonly #settings: SecuritySettings;
  readonly #key: Uint8Array;
  /**
   * Claims by tokens that verified, oldest first. A signature does not change; time is checked every time. The tokens
   * themselves: whoever reads this memory reads the key beside them, and their hashes would cost more than the look-up.
   */
  readonly #verified = new Map<string, AccessClaims>();

  /** @throws ConfigurationError when there is no key and none may be made */
  constructor(config: ArcanaConfig) {
    this.#settings = config.security;
    this.#key = new TextEncoder().encode(jwtSecret(config));
  }

  /** A token for a session. @param lifetimeSecs whole seconds */
  async sign(subject: { sub: string; sid: string; role: string }, lifetimeSecs: number): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ sid: subject.sid, roles: [subject.role] })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .setSubject(subject.sub)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + lifetimeSecs)
      .setIssuer(this.#settings.jwt_issuer)
      .setAudience(this.#settings.jwt_audience)
      .sign(this.#key);
  }

  /** What a token says that verified before and whose time is not over; for any other {@link verify} has to be asked. */
  recall(token: string): AccessClaims | undefined {
    const known = this.#verified.get(token);
    return known && known.exp + this.#settings.clock_leeway_secs > Date.now() / 1000 ? known : undefined;
  }

  /** @throws UNAUTHORIZED when it is none of ours, TOKEN_EXPIRED when its time is over */
  async verify(token: string): Promise<AccessClaims> {
    if (token.length > MAX_ACCESS_TOKEN_LENGTH) throw new AppError('UNAUTHORIZED');
    const known = this.recall(token);
    if (known) return known;
    if (this.#verified.delete(token)) throw new AppError('TOKEN_EXPIRED');
    if (!isAccessTokenFormat(token)) throw new AppError('UNAUTHORIZED');
    const claims = await this.#check(token);
    if (this.#verified.size >= REMEMBERED) this.#verified.delete(this.#verified.keys().next().value!);
    this.#verified.set(token, claims);
    return claims;
  }

  async #check(token: string): Promise<AccessClaims> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ['HS256'],
        typ: 'at+jwt',
        issuer: this.#settings.jwt_issuer,
        audience: this.#settings.jwt_audience,
        clockTolerance: this.#settings.clock_leeway_secs,
        requiredClaims: ['sub', 'sid', 'roles', 'jti', 'iat', 'exp'],
      });
      return claimsOf(payload);
    } catch (cause) {
      if (cause instanceof errors.JWTExpired) throw new AppError('TOKEN_EXPIRED');
      throw new AppError('UNAUTHORIZED', { cause });
    }
  }
}

/** @throws Error when a claim is not of the shape we issue: it would reach the database as an id. */
function claimsOf({ sub, sid, roles, jti, exp }: JWTPayload): AccessClaims {
  const isRoles = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((role) => typeof role === 'string');
  if (!isUUID(sub) || !isUUID(sid) || !isRoles(roles) || typeof jti !== 'string')
    throw new Error('odd claims');
  return { sub: sub!, sid: sid as string, roles, jti, exp: exp! };
}
