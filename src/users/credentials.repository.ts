import { Effects } from '../platform/database/index.js';
import { Nothing, nullable, optional, RemotePort } from '../platform/deployment/index.js';
import { Credentials, NewPasswordToken, PasswordTokenOwner, PasswordUpgrade } from './dto/credentials.dto.js';

/** Port: what accounts prove themselves with. Token hashes are SHA-256 in hex; the tokens themselves never arrive here. */
@RemotePort<CredentialsRepository>({
  findByEmail: { args: [String], result: nullable(Credentials), idempotent: true },
  recordSignIn: { args: [String, optional(PasswordUpgrade)], result: Nothing, idempotent: true },
  issuePasswordToken: { args: [NewPasswordToken], result: nullable(PasswordTokenOwner) },
  findPasswordToken: { args: [String], result: nullable(PasswordTokenOwner), idempotent: true },
  redeemPasswordToken: { args: [String, String, Effects], result: Boolean },
})
export abstract class CredentialsRepository {
  /** Credentials of the account with this e-mail address, unless it was deleted. */
  abstract findByEmail(email: string): Promise<Credentials | null>;

  /** Notes a successful sign-in, and replaces the password's hash where it was made with parameters of the past. */
  abstract recordSignIn(userId: string, upgrade?: PasswordUpgrade): Promise<void>;

  /** Stores a token for an account. @returns whom to mail it to; null when the account is gone */
  abstract issuePasswordToken(token: NewPasswordToken): Promise<PasswordTokenOwner | null>;

  /** Whom a token that still works belongs to. */
  abstract findPasswordToken(tokenHash: string): Promise<PasswordTokenOwner | null>;

  /**
   * Uses a token up, sets the password, and ends all sessions of the account, in one transaction. The e-mail address is
   * then verified: the token was mailed there; an account that waited for that is active. Events tell of both where they
   * are news. The account's other tokens are void.
   * @returns false when the token does not work (any more): of several callers at once, one gets true
   */
  abstract redeemPasswordToken(tokenHash: string, passwordHash: string, effects: Effects): Promise<boolean>;
}
