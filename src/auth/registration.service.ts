import { Injectable } from '@nestjs/common';
import { ArcanaConfig, type SecuritySettings } from '../platform/config/index.js';
import { effects, newId, type Effects } from '../platform/database/index.js';
import { nullable, Remote } from '../platform/deployment/index.js';
import { User, UserCreated, UserRepository, VerifyEmail } from '../users/index.js';
import { REGISTRATION_CLOSED } from './auth.errors.js';
import { UserRegistered } from './auth.events.js';
import { RegistrationAttemptEmail, WelcomeEmail } from './auth.jobs.js';
import { RegisterRequest } from './dto/auth-requests.dto.js';
import { MailBudget } from './mail-budget.js';
import { PasswordHasher } from './password-hasher.js';
import { checkPassword } from './password-policy.js';

/** The rules of signing up. */
@Injectable()
export class RegistrationService {
  readonly #security: SecuritySettings;

  constructor(
    private readonly users: UserRepository,
    private readonly passwords: PasswordHasher,
    private readonly budget: MailBudget,
    config: ArcanaConfig,
  ) {
    this.#security = config.security;
  }

  /**
   * Opens an account; mails greet its owner and ask to verify the address.
   *
   * Where `security.registration.hide_existing` is on, a taken address is answered as a free one, after the same work: the
   * password is checked and hashed, the same statements run, and who has the address is told by mail, not who asks (ASVS
   * 5.0, 6.3.8).
   * @returns the account; null where it is not told whether there is a new one
   * @throws REGISTRATION_CLOSED (FORBIDDEN); VALIDATION_FAILED when the password breaks the policy; EMAIL_TAKEN (CONFLICT)
   *   unless that is hidden
   */
  @Remote({ args: [RegisterRequest], result: nullable(User) })
  async register({ name, email, password }: RegisterRequest): Promise<User | null> {
    const { enabled, hide_existing } = this.#security.registration;
    if (!enabled) throw REGISTRATION_CLOSED.error();
    checkPassword(password, this.#security.password_policy, { name, email }, 'password');
    const password_hash = await this.passwords.hash(password);
    const id = newId();
    const role = 'user' as const;
    const status = 'pending_verification' as const;
    const account = { id, name, email, role, status, email_verified: false, password_hash };
    const caused = effects()
      .event(UserCreated, { user_id: id, role })
      .event(UserRegistered, { user_id: id })
      .job(VerifyEmail, { user_id: id })
      .job(WelcomeEmail, { user_id: id })
      .audited('USER_REGISTERED', { target: id, details: { after: { name, email, role } } });
    if (!hide_existing) return this.users.create(account, caused);
    await this.users.createUnlessTaken(account, caused, await this.#attempted(email));
    return null;
  }

  /** What is caused instead when the address is taken. Found out for free addresses too. */
  async #attempted(email: string): Promise<Effects> {
    const owner = await this.users.findByEmail(email);
    const isWithinBudget = await this.budget.allows('registration_attempt', email);
    return effects()
      .job(RegistrationAttemptEmail, isWithinBudget && owner ? { user_id: owner.id } : {})
      .audited('REGISTRATION_ATTEMPTED', { target: owner?.id });
  }
}
