import { Injectable } from '@nestjs/common';
import { effects } from '../platform/database/index.js';
import { Nothing, Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { AccessCuts, currentPrincipal } from '../platform/security/index.js';
import {
  AccountTokenRepository,
  hashOpaqueToken,
  isOpaqueToken,
  UserRepository,
  VerifyEmail,
} from '../users/index.js';
import { VERIFICATION_TOKEN_INVALID } from './auth.errors.js';
import { VerifyEmailRequest } from './dto/auth-requests.dto.js';

/** The rules of proving that an e-mail address is one's own. */
@Injectable()
export class VerificationService {
  constructor(
    private readonly users: UserRepository,
    private readonly tokens: AccountTokenRepository,
    private readonly cuts: AccessCuts,
  ) {}

  /**
   * Verifies an address by a token that was mailed there; an account that waited for it is active. Its sessions go on.
   * @throws VERIFICATION_TOKEN_INVALID (VALIDATION_FAILED), also for all but one of several callers at once
   */
  @Remote({ args: [VerifyEmailRequest], result: Nothing })
  async verify({ token }: VerifyEmailRequest): Promise<void> {
    const hash = hashOpaqueToken(token);
    const owner = isOpaqueToken(token) ? await this.tokens.find('verify_email', hash) : null;
    if (!owner) throw VERIFICATION_TOKEN_INVALID.error();
    const { user_id } = owner;
    const isVerified = await this.tokens.redeemForAddress(
      hash,
      effects().audited('EMAIL_VERIFIED', { target: user_id }),
    );
    if (!isVerified) throw VERIFICATION_TOKEN_INVALID.error();
    await this.cuts.ofProfile(user_id);
  }

  /** Mails the caller another token, unless the address is verified already. @throws UNAUTHORIZED */
  @Remote({ args: [], result: Nothing })
  async resend(): Promise<void> {
    const user = await this.users.find(currentPrincipal().id);
    if (!user) throw new AppError('UNAUTHORIZED');
    if (user.email_verified) return;
    await this.tokens.record(
      effects()
        .job(VerifyEmail, { user_id: user.id })
        .audited('EMAIL_VERIFICATION_REQUESTED', { target: user.id }),
    );
  }
}
