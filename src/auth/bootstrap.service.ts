import { Injectable } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import { ArcanaConfig } from '../platform/config/index.js';
import { effects, newId } from '../platform/database/index.js';
import { AppError } from '../platform/errors/index.js';
import { emailKey, UserCreated, UserRepository } from '../users/index.js';
import { PasswordHasher } from './password-hasher.js';
import { checkPassword } from './password-policy.js';

const NAME = 'Administrator';
const EMAIL = 'admin@arcana.local';
const PASSWORD_LENGTH = 24;
/** Without what is easily misread: 0 O 1 l I. */
const ALPHABETS = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789'] as const;
const ALPHABET = ALPHABETS.join('');

/** Sign-in of an account whose password was made just now and is known nowhere else. */
export interface FirstSignIn {
  email: string;
  password: string;
}

/** Makes the first super_admin. No default credentials: the password is configured or random (ASVS 5.0, 6.3.2). */
@Injectable()
export class BootstrapService {
  constructor(
    private readonly users: UserRepository,
    private readonly passwords: PasswordHasher,
    private readonly config: ArcanaConfig,
  ) {}

  /**
   * Sees to it that there is a super_admin; any number of processes may do so at once.
   * @returns what to show to the operator, once, when the password was made here; null otherwise
   * @throws Error in one sentence: production without configured sign-in, a bad password, an address that is taken
   */
  async ensure(): Promise<FirstSignIn | null> {
    if (await this.users.hasSuperAdmin()) return null;
    const { admin_email: email = EMAIL, admin_password: configured } = this.config.bootstrap;
    if (
      this.config.environment === 'production' &&
      (this.config.bootstrap.admin_email === undefined || configured === undefined)
    ) {
      throw new Error(
        'There is no super_admin yet: set ARCANA_BOOTSTRAP__ADMIN_EMAIL and ARCANA_BOOTSTRAP__ADMIN_PASSWORD for the first start.',
      );
    }
    if (configured !== undefined) this.#checkConfigured(configured, email);
    const password = configured ?? randomPassword();
    const isMade = await this.#create(email, password);
    return isMade && configured === undefined ? { email, password } : null;
  }

  async #create(email: string, password: string): Promise<boolean> {
    const id = newId();
    const role = 'super_admin';
    const password_hash = await this.passwords.hash(password);
    try {
      const user = await this.users.createFirstSuperAdmin(
        { id, name: NAME, email, role, status: 'active', email_verified: true, password_hash },
        effects()
          .event(UserCreated, { user_id: id, role })
          .audited('FIRST_SUPER_ADMIN_CREATED', { target: id, details: { after: { email, role } } }),
      );
      return user !== null;
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'CONFLICT')) throw error;
      throw new Error(
        `The first super_admin cannot be made, because ${emailKey(email)} belongs to another account: set ARCANA_BOOTSTRAP__ADMIN_EMAIL to a new address.`,
        { cause: error },
      );
    }
  }

  #checkConfigured(password: string, email: string): void {
    try {
      checkPassword(password, this.config.security.password_policy, { name: NAME, email }, 'password');
    } catch (error) {
      const why =
        error instanceof AppError ? error.fields.map(({ message }) => message).join(' ') : String(error);
      throw new Error(`ARCANA_BOOTSTRAP__ADMIN_PASSWORD is not good enough: ${why}`, { cause: error });
    }
  }
}

/** 24 characters, about 140 bits, with each kind of character that a policy may ask for. */
function randomPassword(): string {
  for (;;) {
    const password = Array.from(
      { length: PASSWORD_LENGTH },
      () => ALPHABET[randomInt(ALPHABET.length)]!,
    ).join('');
    const hasAll = ALPHABETS.every((alphabet) =>
      [...alphabet].some((character) => password.includes(character)),
    );
    if (hasAll && isAcceptable(password)) return password;
  }
}

function isAcceptable(password: string): boolean {
  try {
    checkPassword(password, 'classic', { name: NAME, email: EMAIL }, 'password');
    return true;
  } catch {
    return false;
  }
}
