import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { randomUUID } from 'node:crypto';
import { ArcanaConfig, type SecuritySettings } from '../platform/config/index.js';
import { AppError } from '../platform/errors/index.js';
import { accessTokenHeader, MAX_ACCESS_TOKEN_LENGTH } from './access-token.format.js';
import type { SigningKey } from './signing-key.js';
import { SigningKeys } from './signing-keys.js';

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

/** What a token said, and the key that vouched for it. */
interface Remembered extends AccessClaims {
  readonly keyId: string;
}

/**
 * Signs and verifies access tokens (JWT, RFC 9068; HS256, RS256 or ES256, never two of them). That a token verifies says
 * that we issued it and its time is not over; whether its session still lives is a question for the sessions.
 */
@Injectable()
export class AccessTokens {
  readonly #settings: SecuritySettings;
  readonly #keys: SigningKeys;
  /**
   * Claims by tokens that verified, oldest first. A signature does not change; time is checked every time, and what a
   * withdrawn key signed is forgotten. The tokens themselves: whoever reads this memory reads the keys beside them, and
   * their hashes would cost more than the look-up. No identity: another text of the same token is another entry.
   */
  readonly #verified = new Map<string, Remembered>();

  constructor(config: ArcanaConfig, keys: SigningKeys) {
    this.#settings = config.security;
    this.#keys = keys;
    keys.onWithdrawal(({ id }) => {
      for (const [token, { keyId }] of this.#verified) if (keyId === id) this.#verified.delete(token);
    });
  }

  /** A token for a session. @param lifetimeSecs whole seconds */
  async sign(subject: { sub: string; sid: string; role: string }, lifetimeSecs: number): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const key = this.#keys.signing();
    return new SignJWT({ sid: subject.sid, roles: [subject.role] })
      .setProtectedHeader({
        alg: this.#settings.jwt_algorithm,
        typ: 'at+jwt',
        ...(key.jwk && { kid: key.jwk.kid }),
      })
      .setSubject(subject.sub)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + lifetimeSecs)
      .setIssuer(this.#settings.jwt_issuer)
      .setAudience(this.#settings.jwt_audience)
      .sign(key.signWith!);
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
    const header = accessTokenHeader(token, this.#settings.jwt_algorithm);
    if (!header) throw new AppError('UNAUTHORIZED');
    const claims = await this.#check(token, this.#keys.candidates(header.kid));
    // It may have been withdrawn while the signature was computed, and would be remembered for ever.
    if (!this.#keys.accepts(claims.keyId)) throw new AppError('UNAUTHORIZED');
    if (this.#verified.size >= REMEMBERED) this.#verified.delete(this.#verified.keys().next().value!);
    this.#verified.set(token, claims);
    return claims;
  }

  /** The first key that signed it decides; a key that did not says nothing about the next. */
  async #check(token: string, keys: readonly SigningKey[]): Promise<Remembered> {
    for (const key of keys) {
      try {
        return { ...(await this.#checkWith(key, token)), keyId: key.id };
      } catch (cause) {
        if (cause instanceof errors.JWSSignatureVerificationFailed) continue;
        if (cause instanceof errors.JWTExpired) throw new AppError('TOKEN_EXPIRED');
        throw new AppError('UNAUTHORIZED', { cause });
      }
    }
    throw new AppError('UNAUTHORIZED');
  }

  async #checkWith({ verifyWith }: SigningKey, token: string): Promise<AccessClaims> {
    const { payload } = await jwtVerify(token, verifyWith, {
      algorithms: [this.#settings.jwt_algorithm],
      typ: 'at+jwt',
      issuer: this.#settings.jwt_issuer,
      audience: this.#settings.jwt_audience,
      clockTolerance: this.#settings.clock_leeway_secs,
      requiredClaims: ['sub', 'sid', 'roles', 'jti', 'iat', 'exp'],
    });
    // The library also takes a list in which ours is one of many.
    if (payload.aud !== this.#settings.jwt_audience) throw new Error('several audiences');
    return claimsOf(payload);
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
