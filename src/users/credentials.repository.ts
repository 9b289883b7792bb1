import { Effects } from '../platform/database/index.js';
import { Nothing, nullable, optional, RemotePort } from '../platform/deployment/index.js';
import { Credentials, PasswordUpgrade } from './dto/credentials.dto.js';
import type { UserStatus } from './dto/user.dto.js';

/** Port: what accounts prove themselves with. */
@RemotePort<CredentialsRepository>({
  findByEmail: { args: [String], result: nullable(Credentials), idempotent: true },
  recordSignIn: { args: [String, optional(PasswordUpgrade)], result: Nothing, idempotent: true },
  unlock: { args: [String, String, Effects], result: Boolean, idempotent: true },
})
export abstract class CredentialsRepository {
  /** Credentials of the account with this e-mail address, unless it was deleted. */
  abstract findByEmail(email: string): Promise<Credentials | null>;

  /** Notes a successful sign-in, and replaces the password's hash where it was made with parameters of the past. */
  abstract recordSignIn(userId: string, upgrade?: PasswordUpgrade): Promise<void>;

  /**
   * Makes a locked account active and writes `effects`; they are written for an account that is not locked, too. An event
   * tells of the status where it changed, and so does `after` in the audit entries. @param unverifiedBecomes in place of active, while its address is not verified
   * @returns whether it was locked
   */
  abstract unlock(userId: string, unverifiedBecomes: UserStatus, effects: Effects): Promise<boolean>;
}
