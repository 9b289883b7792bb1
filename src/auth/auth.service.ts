import { Injectable } from '@nestjs/common';
import { ArcanaConfig, type SecuritySettings } from '../platform/config/index.js';
import { RequestContext } from '../platform/context/index.js';
import { effects, newId } from '../platform/database/index.js';
import { Nothing, Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { currentPrincipal } from '../platform/security/index.js';
import {
  CredentialsRepository,
  hashOpaqueToken,
  isOpaqueToken,
  newOpaqueToken,
  User,
  UserCreated,
  UserRepository,
  type Credentials,
  type PasswordUpgrade,
} from '../users/index.js';
import { AccessTokens } from './access-tokens.js';
import { ACCOUNT_SUSPENDED, EMAIL_NOT_VERIFIED, REGISTRATION_CLOSED } from './auth.errors.js';
import { LoggedOut, LoginFailed, LoginSucceeded, TokenReuseDetected, UserRegistered } from './auth.events.js';
import { WelcomeEmail } from './auth.jobs.js';
import { TokenPair } from './dto/auth-answers.dto.js';
import { LoginRequest, LogoutRequest, RefreshRequest, RegisterRequest } from './dto/auth-requests.dto.js';
import type { SessionOfToken } from './dto/session.dto.js';
import { PasswordHasher } from './password-hasher.js';
import { checkPassword } from './password-policy.js';
import { SessionRepository } from './session.repository.js';

/** The rules of signing up, in and out. */
@Injectable()
export class AuthService {
  readonly #security: SecuritySettings;

  constructor(
    private readonly users: UserRepository,
    private readonly credentials: CredentialsRepository,
    private readonly sessions: SessionRepository,
    private readonly passwords: PasswordHasher,
    private readonly tokens: AccessTokens,
    config: ArcanaConfig,
  ) {
    this.#security = config.security;
  }

  /**
   * Opens an account; a mail greets its owner.
   * @throws REGISTRATION_CLOSED (FORBIDDEN); VALIDATION_FAILED when the password breaks the policy; EMAIL_TAKEN (CONFLICT)
   */
  @Remote({ args: [RegisterRequest], result: User })
  async register({ name, email, password }: RegisterRequest): Promise<User> {
    if (!this.#security.registration.enabled) throw REGISTRATION_CLOSED.error();
    checkPassword(password, this.#security.password_policy, { name, email }, 'password');
    const password_hash = await this.passwords.hash(password);
    const id = newId();
    const role = 'user';
    return this.users.create(
      { id, name, email, role, status: 'pending_verification', email_verified: false, password_hash },
      effects()
        .event(UserCreated, { user_id: id, role })
        .event(UserRegistered, { user_id: id })
        .job(WelcomeEmail, { user_id: id })
        .audited('USER_REGISTERED', { target: id, details: { after: { name, email, role } } }),
    );
  }

  /**
   * Opens a session. Unknown, deleted and locked accounts cost the same work and get the same answer as a wrong
   * password; why another account may not sign in is told only to those who know its password (ASVS 5.0, 6.3.8).
   * @throws INVALID_CREDENTIALS; ACCOUNT_SUSPENDED or EMAIL_NOT_VERIFIED (FORBIDDEN); SERVICE_UNAVAILABLE when too many
   *   sign in at once
   */
  @Remote({ args: [LoginRequest], result: TokenPair })
  async login({ email, password, device_name }: LoginRequest): Promise<TokenPair> {
    const credentials = await this.credentials.findByEmail(email);
    const hash = credentials?.password_hash ?? null;
    const isRight = await this.passwords.verify(hash, password);
    const refusal = this.#refusal(credentials, isRight);
    if (refusal || !credentials || hash === null) {
      await this.#recordFailure(credentials?.user_id);
      throw refusal ?? new AppError('INVALID_CREDENTIALS');
    }
    await this.credentials.recordSignIn(credentials.user_id, await this.#upgrade(hash, password));
    return this.#open(credentials, device_name);
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
    if (outcome === 'expired') throw new AppError('TOKEN_EXPIRED');
    if (outcome !== 'rotated') throw new AppError('UNAUTHORIZED');
    return this.#pair({ sub: user_id, sid: session_id, role: role! }, next.token, remaining_secs!);
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

  /** The caller's own account. @throws UNAUTHORIZED when it is gone */
  @Remote({ args: [], result: User, idempotent: true })
  async me(): Promise<User> {
    const user = await this.users.find(currentPrincipal().id);
    if (!user) throw new AppError('UNAUTHORIZED');
    return user;
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
      return EMAIL_NOT_VERIFIED.error();
    }
    return undefined;
  }

  /** Written for unknown accounts too, or the time of the answer would tell them apart. */
  #recordFailure(user_id: string | undefined): Promise<void> {
    return this.sessions.recordFailure(
      effects()
        .event(LoginFailed, { ...(user_id !== undefined && { user_id }) })
        .audited('LOGIN_FAILED', { target: user_id }),
    );
  }

  async #open(
    { user_id, role, access_epoch }: Credentials,
    device_name: string | undefined,
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
        refresh_lifetime_secs: this.#security.jwt_refresh_expiration_secs,
        absolute_lifetime_secs: absolute,
      },
      effects()
        .event(LoginSucceeded, { user_id, session_id })
        .audited('LOGIN_SUCCEEDED', { target: user_id, details: { session_id } }),
    );
    return this.#pair({ sub: user_id, sid: session_id, role }, refresh.token, absolute);
  }

  async #pair(
    subject: { sub: string; sid: string; role: string },
    refresh: string,
    sessionSecs: number,
  ): Promise<TokenPair> {
    const expires_in = Math.min(this.#security.jwt_access_expiration_secs, sessionSecs);
    const access_token = await this.tokens.sign(subject, expires_in);
    return { access_token, refresh_token: refresh, token_type: 'Bearer', expires_in };
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
  }
}
