import { Injectable } from '@nestjs/common';
import { ArcanaConfig, type SecuritySettings } from '../platform/config/index.js';
import { effects, newId } from '../platform/database/index.js';
import { Remote } from '../platform/deployment/index.js';
import { User, UserCreated, UserRepository } from '../users/index.js';
import { REGISTRATION_CLOSED } from './auth.errors.js';
import { UserRegistered } from './auth.events.js';
import { WelcomeEmail } from './auth.jobs.js';
import { RegisterRequest } from './dto/auth-requests.dto.js';
import { PasswordHasher } from './password-hasher.js';
import { checkPassword } from './password-policy.js';

/** The rules of signing up. */
@Injectable()
export class RegistrationService {
  readonly #security: SecuritySettings;

  constructor(
    private readonly users: UserRepository,
    private readonly passwords: PasswordHasher,
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
}
