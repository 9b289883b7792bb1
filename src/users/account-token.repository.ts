import { Effects } from '../platform/database/index.js';
import { Nothing, nullable, RemotePort } from '../platform/deployment/index.js';
import {
  AccountTokenOwner,
  IssuedToken,
  NewAccountToken,
  type TokenPurpose,
} from './dto/account-token.dto.js';

/**
 * How many mails with tokens of one purpose an account may have that are not used and not expired. A stranger who asks
 * for mails in somebody's name thus fills no mailbox, and shuts nobody out: what the stranger caused works for the owner.
 */
export const MAX_LIVE_MAILS = 5;

/**
 * Port: tokens that are mailed to the owners of accounts. Token hashes are SHA-256 in hex; the tokens themselves never
 * arrive here. A token works once, for its purpose, until it expires, and while the account has the address it was
 * mailed to.
 */
@RemotePort<AccountTokenRepository>({
  record: { args: [Effects], result: Nothing },
  issue: { args: [NewAccountToken], result: IssuedToken },
  find: { args: [String, String], result: nullable(AccountTokenOwner), idempotent: true },
  redeemForPassword: { args: [String, String, Effects], result: Boolean },
  redeemForAddress: { args: [String, Effects], result: Boolean },
  deleteExpired: { args: [Number], result: Number, idempotent: true },
})
export abstract class AccountTokenRepository {
  /** Writes what is caused by the wish for a mail. One transaction, the same whether or not there is an account. */
  abstract record(effects: Effects): Promise<void>;

  /**
   * Stores a token for an account, unless it is gone, or has nothing to verify, or has {@link MAX_LIVE_MAILS} already;
   * a mail that is made again counts once.
   */
  abstract issue(token: NewAccountToken): Promise<IssuedToken>;

  /** Whom a token that still works for this purpose belongs to. */
  abstract find(purpose: TokenPurpose, tokenHash: string): Promise<AccountTokenOwner | null>;

  /**
   * Uses a token up, sets the password, and ends all sessions of the account, in one transaction. The e-mail address is
   * then verified: the token was mailed there; an account that waited for that is active. Events tell of both where they
   * are news. The account's other tokens are void.
   * @returns false when the token does not work (any more): of several callers at once, one gets true
   */
  abstract redeemForPassword(tokenHash: string, passwordHash: string, effects: Effects): Promise<boolean>;

  /**
   * Uses a token up: the e-mail address is verified, and an account that waited for that is active. Events tell of both.
   * Sessions go on: they lose nothing by it.
   * @returns as {@link redeemForPassword}
   */
  abstract redeemForAddress(tokenHash: string, effects: Effects): Promise<boolean>;

  /** Deletes up to `limit` tokens that have expired. @returns how many were; when it is `limit`, there may be more */
  abstract deleteExpired(limit: number): Promise<number>;
}
