import { Nothing, nullable, optional, RemotePort } from '../platform/deployment/index.js';
import { Credentials, PasswordUpgrade } from './dto/credentials.dto.js';

/** Port: what accounts prove themselves with. */
@RemotePort<CredentialsRepository>({
  findByEmail: { args: [String], result: nullable(Credentials), idempotent: true },
  recordSignIn: { args: [String, optional(PasswordUpgrade)], result: Nothing, idempotent: true },
})
export abstract class CredentialsRepository {
  /** Credentials of the account with this e-mail address, unless it was deleted. */
  abstract findByEmail(email: string): Promise<Credentials | null>;

  /** Notes a successful sign-in, and replaces the password's hash where it was made with parameters of the past. */
  abstract recordSignIn(userId: string, upgrade?: PasswordUpgrade): Promise<void>;
}
