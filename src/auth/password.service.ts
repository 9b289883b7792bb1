import { Injectable } from '@nestjs/common';
import { ArcanaConfig } from '../platform/config/index.js';
import { effects } from '../platform/database/index.js';
import { Nothing, Remote } from '../platform/deployment/index.js';
import { AccessCuts } from '../platform/security/index.js';
import { AccountTokenRepository, hashOpaqueToken, isOpaqueToken } from '../users/index.js';
import { RESET_TOKEN_INVALID } from './auth.errors.js';
import { PasswordChanged } from './auth.events.js';
import { ResetPasswordRequest } from './dto/auth-requests.dto.js';
import { PasswordHasher } from './password-hasher.js';
import { checkPassword } from './password-policy.js';
import { SignInThrottle } from './sign-in-throttle.js';

/** The rules of setting a password. */
@Injectable()
export class PasswordService {
  constructor(
    private readonly tokens: AccountTokenRepository,
    private readonly passwords: PasswordHasher,
    private readonly config: ArcanaConfig,
    private readonly cuts: AccessCuts,
    private readonly throttle: SignInThrottle,
  ) {}

  /**
   * Sets a password by a token that was mailed to the owner; every session of the account ends, and
   * failed sign-ins that were counted for it are forgotten.
   * @throws RESET_TOKEN_INVALID (VALIDATION_FAILED), also for all but one of several callers at once; VALIDATION_FAILED
   *   when the password breaks the policy: the token then still works
   */
  @Remote({ args: [ResetPasswordRequest], result: Nothing })
  async reset({ token, new_password }: ResetPasswordRequest): Promise<void> {
    const hash = hashOpaqueToken(token);
    const owner = isOpaqueToken(token) ? await this.tokens.find('set_password', hash) : null;
    if (!owner) throw RESET_TOKEN_INVALID.error();
    checkPassword(new_password, this.config.security.password_policy, owner, 'new_password');
    const isSet = await this.tokens.redeemForPassword(
      hash,
      await this.passwords.hash(new_password),
      effects()
        .event(PasswordChanged, { user_id: owner.user_id })
        .audited('PASSWORD_RESET', { target: owner.user_id }),
    );
    if (!isSet) throw RESET_TOKEN_INVALID.error();
    await this.cuts.ofUser(owner.user_id);
    // The password is set, and the token used up: nothing that fails now may tell otherwise.
    await this.throttle.welcome(owner.user_id, owner.email).catch(() => undefined);
  }
}
