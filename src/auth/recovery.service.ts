import { Injectable } from '@nestjs/common';
import { effects, type Effects } from '../platform/database/index.js';
import { Nothing, Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { AccountTokenRepository, assertCovers, PasswordResetEmail, UserRepository } from '../users/index.js';
import { PasswordResetRequested } from './auth.events.js';
import { ForgotPasswordRequest } from './dto/auth-requests.dto.js';
import { MailBudget } from './mail-budget.js';

/** The rules of asking for a new password. Setting one by the mailed token is PasswordService's. */
@Injectable()
export class RecoveryService {
  constructor(
    private readonly users: UserRepository,
    private readonly tokens: AccountTokenRepository,
    private readonly budget: MailBudget,
  ) {}

  /**
   * Has a mail sent to the owner of this address, if there is one. Either way the same statements run and the same rows
   * are written, and nothing is told: the answer gives away neither by words nor by time who has an account (ASVS 5.0,
   * 6.3.8). More wishes than a mailbox should bear are dropped as silently.
   */
  @Remote({ args: [ForgotPasswordRequest], result: Nothing })
  async requestReset({ email }: ForgotPasswordRequest): Promise<void> {
    if (!(await this.budget.allows('password_reset', email))) return;
    const account = await this.users.findByEmail(email);
    await this.tokens.record(resetRequested(account?.id));
  }

  /**
   * Has a mail sent to the owner of an account, who sets the password: nobody else ever chooses it (ASVS 5.0, 6.4.6).
   * @throws NOT_FOUND; SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN (FORBIDDEN)
   */
  @Remote({ args: [String], result: Nothing })
  async sendReset(id: string): Promise<void> {
    const user = await this.users.find(id);
    if (!user) throw new AppError('NOT_FOUND');
    assertCovers(user.role);
    await this.tokens.record(resetRequested(id));
  }
}

function resetRequested(id: string | undefined): Effects {
  const whose = id === undefined ? {} : { user_id: id };
  return effects()
    .event(PasswordResetRequested, whose)
    .job(PasswordResetEmail, whose)
    .audited('PASSWORD_RESET_REQUESTED', { target: id });
}
