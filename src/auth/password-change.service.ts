import { Injectable } from '@nestjs/common';
import { ArcanaConfig } from '../platform/config/index.js';
import { effects } from '../platform/database/index.js';
import { Nothing, Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { AccessCuts } from '../platform/security/index.js';
import { CredentialsRepository, UserRepository, type Credentials, type User } from '../users/index.js';
import { CURRENT_PASSWORD_WRONG, PASSWORD_UNCHANGED } from './auth.errors.js';
import { PasswordChanged } from './auth.events.js';
import { ChangePasswordRequest } from './dto/auth-requests.dto.js';
import { ownSession } from './own-session.js';
import { PasswordHasher } from './password-hasher.js';
import { checkPassword, normalizePassword } from './password-policy.js';
import { SessionRepository } from './session.repository.js';
import type { SignInAttempt } from './sign-in-attempt.js';
import { SignInThrottle } from './sign-in-throttle.js';

/** The rules of changing a password by those who know the present one. */
@Injectable()
export class PasswordChangeService {
  constructor(
    private readonly users: UserRepository,
    private readonly credentials: CredentialsRepository,
    private readonly sessions: SessionRepository,
    private readonly passwords: PasswordHasher,
    private readonly throttle: SignInThrottle,
    private readonly cuts: AccessCuts,
    private readonly config: ArcanaConfig,
  ) {}

  /**
   * Sets the caller's password. Every other session of the account ends, and tokens that were mailed to set a password
   * are void; the caller's own session goes on, with the tokens it has.
   *
   * A wrong present password is a broken field, not 401: the caller's token is good, and clients throw theirs away at 401.
   * What is wrong with the new one is told first, for it costs nothing to find out. Wrong ones count as failed sign-ins
   * do: whoever holds a stolen token guesses no more often than a stranger.
   * @throws VALIDATION_FAILED: CURRENT_PASSWORD_WRONG, PASSWORD_UNCHANGED, or what breaks the policy; FORBIDDEN without a
   *   session of one's own; UNAUTHORIZED when the session ends meanwhile; TOO_MANY_REQUESTS after
   *   too many failures; SERVICE_UNAVAILABLE when too many sign in at once
   */
  @Remote({ args: [ChangePasswordRequest], result: Nothing })
  async change({ current_password, new_password }: ChangePasswordRequest): Promise<void> {
    const { user_id, session_id } = ownSession();
    const { user, credentials } = await this.#account(user_id);
    checkPassword(new_password, this.config.security.password_policy, user, 'new_password');
    if (normalizePassword(new_password) === normalizePassword(current_password))
      throw PASSWORD_UNCHANGED.error();
    const attempt = await this.throttle.admit(user.email);
    if (!(await this.#verify(attempt, credentials.password_hash, current_password))) {
      await attempt.failed();
      await this.sessions.recordFailure(
        effects().audited('PASSWORD_CHANGE_FAILED', { target: user_id, details: { session_id } }),
      );
      throw CURRENT_PASSWORD_WRONG.error();
    }
    await attempt.succeeded(user_id);
    const password_hash = await this.passwords.hash(new_password);
    const { access_epoch } = credentials;
    const isSet = await this.sessions.replacePassword(
      { user_id, session_id, access_epoch, password_hash },
      effects()
        .event(PasswordChanged, { user_id })
        .audited('PASSWORD_CHANGED', { target: user_id, details: { session_id } }),
    );
    if (!isSet) throw new AppError('UNAUTHORIZED');
    await this.cuts.ofUser(user_id);
  }

  async #verify(attempt: SignInAttempt, hash: string | null, password: string): Promise<boolean> {
    try {
      return await this.passwords.verify(hash, password, attempt);
    } catch (error) {
      await attempt.dropped();
      throw error;
    }
  }

  /** @throws UNAUTHORIZED when it is gone, or its address has just become another's */
  async #account(userId: string): Promise<{ user: User; credentials: Credentials }> {
    const user = await this.users.find(userId);
    const credentials = user && (await this.credentials.findByEmail(user.email));
    if (credentials?.user_id !== userId) throw new AppError('UNAUTHORIZED');
    return { user: user!, credentials };
  }
}
