import { Injectable } from '@nestjs/common';
import { ArcanaConfig, type SecuritySettings } from '../platform/config/index.js';
import { RequestContext } from '../platform/context/index.js';
import { effects, newId } from '../platform/database/index.js';
import { Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { AccessCuts } from '../platform/security/index.js';
import {
  CredentialsRepository,
  newOpaqueToken,
  type Credentials,
  type PasswordUpgrade,
} from '../users/index.js';
import { ACCOUNT_SUSPENDED, EMAIL_NOT_VERIFIED } from './auth.errors.js';
import { LoginFailed, LoginSucceeded } from './auth.events.js';
import { TokenPair } from './dto/auth-answers.dto.js';
import { LoginRequest } from './dto/auth-requests.dto.js';
import { PasswordHasher } from './password-hasher.js';
import { sessionLifetimes } from './session-lifetimes.js';
import { SessionRepository } from './session.repository.js';
import type { SignInAttempt } from './sign-in-attempt.js';
import { SignInThrottle } from './sign-in-throttle.js';
import { TokenPairs } from './token-pairs.js';

/** The rules of signing in. */
@Injectable()
export class SignInService {
  readonly #security: SecuritySettings;

  constructor(
    private readonly credentials: CredentialsRepository,
    private readonly sessions: SessionRepository,
    private readonly passwords: PasswordHasher,
    private readonly pairs: TokenPairs,
    private readonly throttle: SignInThrottle,
    private readonly cuts: AccessCuts,
    config: ArcanaConfig,
  ) {
    this.#security = config.security;
  }

  /**
   * Opens a session. Unknown, deleted and locked accounts cost the same work and get the same answer as a wrong
   * password; why another account may not sign in is told only to those who know its password (ASVS 5.0, 6.3.8).
   * @throws INVALID_CREDENTIALS; ACCOUNT_SUSPENDED or EMAIL_NOT_VERIFIED (FORBIDDEN); TOO_MANY_REQUESTS after too many
   *   failures; SERVICE_UNAVAILABLE when too many sign in at once
   */
  @Remote({ args: [LoginRequest], result: TokenPair })
  async login({ email, password, device_name }: LoginRequest): Promise<TokenPair> {
    const attempt = await this.throttle.admit(email);
    const credentials = await this.credentials.findByEmail(email);
    const hash = credentials?.password_hash ?? null;
    const isRight = await this.#verify(attempt, hash, password);
    const refusal = this.#refusal(credentials, isRight);
    if (refusal || !credentials || hash === null) {
      // Who is told why knows the password: that is no guess.
      await (refusal?.code === 'FORBIDDEN' ? attempt.dropped() : attempt.failed());
      await this.#recordFailure(credentials, isRight);
      throw refusal ?? new AppError('INVALID_CREDENTIALS');
    }
    await attempt.succeeded(credentials.user_id);
    return this.#open(credentials, device_name, await this.#upgrade(hash, password));
  }

  async #verify(attempt: SignInAttempt, hash: string | null, password: string): Promise<boolean> {
    try {
      return await this.passwords.verify(hash, password, attempt);
    } catch (error) {
      await attempt.dropped();
      throw error;
    }
  }

  /** A hash made with the parameters of today, if there is the capacity to make one: the next sign-in tries again. */
  async #upgrade(hash: string, password: string): Promise<PasswordUpgrade | undefined> {
    if (!this.passwords.isOutdated(hash)) return undefined;
    try {
      return { from: hash, to: await this.passwords.hash(password) };
    } catch (error) {
      if (error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE') return undefined;
      throw error;
    }
  }

  #refusal(credentials: Credentials | null, isRight: boolean): AppError | undefined {
    // A locked account does not tell that the password was right: whoever is guessing would learn it.
    if (!credentials || !isRight || credentials.status === 'locked')
      return new AppError('INVALID_CREDENTIALS');
    if (credentials.status === 'suspended') return ACCOUNT_SUSPENDED.error();
    if (credentials.status === 'pending_verification' && !this.#security.allow_unverified_sign_in) {
      // Where it is hidden which addresses have accounts, whoever has just registered one must not learn it here.
      const { hide_existing } = this.#security.registration;
      return hide_existing ? new AppError('INVALID_CREDENTIALS') : EMAIL_NOT_VERIFIED.error();
    }
    return undefined;
  }

  /**
   * Written for unknown accounts too, or the time of the answer would tell them apart. Why it failed is for those who
   * read the audit log. What was typed as an address is not kept: people type passwords there.
   */
  #recordFailure(credentials: Credentials | null, isRight: boolean): Promise<void> {
    const user_id = credentials?.user_id;
    const reason = !credentials ? 'unknown_account' : isRight ? credentials.status : 'wrong_password';
    return this.sessions.recordFailure(
      effects()
        .event(LoginFailed, { ...(user_id !== undefined && { user_id }) })
        .audited('LOGIN_FAILED', { target: user_id, details: { reason } }),
    );
  }

  async #open(
    { user_id, role, access_epoch }: Credentials,
    device_name: string | undefined,
    password_upgrade: PasswordUpgrade | undefined,
  ): Promise<TokenPair> {
    const session_id = newId();
    const refresh = newOpaqueToken();
    const absolute = this.#security.session_absolute_expiration_secs;
    const context = RequestContext.current();
    await this.sessions.open(
      {
        id: session_id,
        user_id,
        access_epoch,
        device_name,
        ip: context?.ip,
        user_agent: context?.userAgent,
        token_hash: refresh.hash,
        ...sessionLifetimes(this.#security),
        absolute_lifetime_secs: absolute,
        ...(password_upgrade && { password_upgrade }),
      },
      effects()
        .event(LoginSucceeded, { user_id, session_id })
        .audited('LOGIN_SUCCEEDED', { target: user_id, details: { session_id } }),
    );
    // Other sessions of the account may see when it was signed in to last.
    await this.cuts.ofProfile(user_id);
    return this.pairs.issue({ sub: user_id, sid: session_id, role }, refresh.token, absolute);
  }
}
