import { Effects } from '../platform/database/index.js';
import { nullable, RemotePort } from '../platform/deployment/index.js';
import { Credentials } from './dto/credentials.dto.js';
import type { UserStatus } from './dto/user.dto.js';

/** Port: what accounts prove themselves with. */
@RemotePort<CredentialsRepository>({
  findByEmail: { args: [String], result: nullable(Credentials), idempotent: true },
  unlock: { args: [String, String, Effects], result: Boolean, idempotent: true },
})
export abstract class CredentialsRepository {
  /** Credentials of the account with this e-mail address, unless it was deleted. */
  abstract findByEmail(email: string): Promise<Credentials | null>;

  /**
   * Makes a locked account active and writes `effects`; they are written for an account that is not locked, too. An event
   * tells of the status where it changed, and so does `after` in the audit entries. @param unverifiedBecomes in place of active, while its address is not verified
   * @returns whether it was locked
   */
  abstract unlock(userId: string, unverifiedBecomes: UserStatus, effects: Effects): Promise<boolean>;
}
