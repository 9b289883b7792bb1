import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ArcanaConfig } from '../platform/config/index.js';
import { Database, effects as newEffects, EffectsWriter, type Effects } from '../platform/database/index.js';
import { AccountTokenRepository, MAX_LIVE_MAILS } from './account-token.repository.js';
import {
  AccountTokenOwner,
  IssuedToken,
  type NewAccountToken,
  type TokenPurpose,
} from './dto/account-token.dto.js';
import { syncMark, syncMarkSql } from './sync-mark.js';
import type { UserStatus } from './dto/user.dto.js';
import { EmailVerified, UserStatusChanged } from './users.events.js';

/** What `DELETE ... RETURNING` gives: the rows, and how many there were. */
type Affected<T> = [T[], number];

interface Redeemer {
  id: string;
  status: UserStatus;
  email_verified: boolean;
}

interface Addressee extends AccountTokenOwner {
  email_verified: boolean;
}

/** As in the unique index: tokens remember addresses in the form in which they are compared. */
const EMAIL_KEY = 'lower(u.email COLLATE "C")';

/** Tokens in PostgreSQL. */
@Injectable()
export class TypeOrmAccountTokenRepository extends AccountTokenRepository {
  constructor(
    private readonly database: Database,
    private readonly effects: EffectsWriter,
    private readonly config: ArcanaConfig,
  ) {
    super();
  }

  async record(effects: Effects): Promise<void> {
    await this.database.transaction((tx) => this.effects.write(tx, effects));
  }

  issue(token: NewAccountToken): Promise<IssuedToken> {
    return this.database.transaction(async (tx) => {
      // The account first and alone: an address that is being changed is waited for, and mails are counted one by one.
      const [account] = await tx.query<Addressee[]>(
        `SELECT id AS user_id, name, email, email_verified FROM users
         WHERE id = $1 AND status <> 'deleted' FOR NO KEY UPDATE`,
        [token.user_id],
      );
      const refusal = await refusalOf(tx, account, token);
      if (refusal) return Object.assign(new IssuedToken(), { refusal });
      await tx.query(
        `INSERT INTO account_tokens (token_hash, user_id, purpose, email, mail_id, expires_at)
         SELECT decode($1, 'hex'), u.id, $3, ${EMAIL_KEY}, $4, now() + $5 * interval '1 second'
         FROM users u WHERE u.id = $2`,
        [token.token_hash, token.user_id, token.purpose, token.mail_id, token.lifetime_secs],
      );
      const { user_id, name, email } = account!;
      return Object.assign(new IssuedToken(), {
        owner: Object.assign(new AccountTokenOwner(), { user_id, name, email }),
      });
    });
  }

  async find(purpose: TokenPurpose, tokenHash: string): Promise<AccountTokenOwner | null> {
    const [row] = await this.database.read((manager) =>
      manager.query<AccountTokenOwner[]>(
        `SELECT u.id AS user_id, u.name, u.email
         FROM account_tokens t JOIN users u ON u.id = t.user_id AND ${EMAIL_KEY} = t.email
         WHERE t.token_hash = decode($1, 'hex') AND t.purpose = $2 AND t.expires_at > now()
           AND u.status <> 'deleted'`,
        [tokenHash, purpose],
      ),
    );
    return row ? Object.assign(new AccountTokenOwner(), row) : null;
  }

  redeemForPassword(tokenHash: string, passwordHash: string, effects: Effects): Promise<boolean> {
    return this.#redeem('set_password', tokenHash, effects, async (tx, { id }) => {
      await tx.query(
        `UPDATE users SET password_hash = $2, access_epoch = access_epoch + 1, email_verified = true,
           status = CASE WHEN status = 'pending_verification' THEN 'active' ELSE status END,
           version = version + 1, updated_at = now(), ${syncMarkSql(3)}
         WHERE id = $1`,
        [id, passwordHash, syncMark(this.config).sync_status],
      );
      await tx.query('DELETE FROM account_tokens WHERE user_id = $1', [id]);
    });
  }

  // The epoch stays: being verified takes nothing from anybody, so the sessions of an account that waited go on.
  redeemForAddress(tokenHash: string, effects: Effects): Promise<boolean> {
    return this.#redeem('verify_email', tokenHash, effects, async (tx, { id }) => {
      await tx.query(
        `UPDATE users SET email_verified = true,
           status = CASE WHEN status = 'pending_verification' THEN 'active' ELSE status END,
           version = version + 1, updated_at = now(), ${syncMarkSql(2)}
         WHERE id = $1`,
        [id, syncMark(this.config).sync_status],
      );
    });
  }

  async deleteExpired(limit: number): Promise<number> {
    const [, deleted] = await this.database.transaction((tx) =>
      tx.query<Affected<object>>(
        `DELETE FROM account_tokens WHERE token_hash IN (
           SELECT token_hash FROM account_tokens WHERE expires_at <= now() LIMIT $1 FOR UPDATE SKIP LOCKED)`,
        [limit],
      ),
    );
    return deleted;
  }

  /** Takes the token out of the table, which only one of several callers can do, and has `write` do the rest. */
  #redeem(
    purpose: TokenPurpose,
    tokenHash: string,
    effects: Effects,
    write: (tx: EntityManager, account: Redeemer) => Promise<void>,
  ): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      // The account first, as whoever changes or deletes it does: two of us then never wait for each other.
      const [account] = await tx.query<Redeemer[]>(
        `SELECT u.id, u.status, u.email_verified FROM users u WHERE u.status <> 'deleted' AND u.id = (
           SELECT t.user_id FROM account_tokens t
           WHERE t.token_hash = decode($1, 'hex') AND t.purpose = $2
         ) FOR UPDATE`,
        [tokenHash, purpose],
      );
      // Nothing to verify any more: the other tokens that were mailed for it are void.
      if (!account || (purpose === 'verify_email' && account.email_verified)) return false;
      const [used] = await tx.query<Affected<object>>(
        `DELETE FROM account_tokens t USING users u
         WHERE t.token_hash = decode($1, 'hex') AND t.purpose = $2 AND t.expires_at > now()
           AND u.id = t.user_id AND ${EMAIL_KEY} = t.email
         RETURNING t.user_id`,
        [tokenHash, purpose],
      );
      if (used.length === 0) return false;
      await write(tx, account);
      await this.effects.write(tx, effects);
      await this.effects.write(tx, proven(account));
      return true;
    });
  }
}

/** Why an account gets no (further) token; clears away what has expired, which counts no more. */
async function refusalOf(
  tx: EntityManager,
  account: Addressee | undefined,
  { user_id, purpose, mail_id }: NewAccountToken,
): Promise<IssuedToken['refusal']> {
  if (!account) return 'account_gone';
  if (purpose === 'verify_email' && account.email_verified) return 'address_verified';
  await tx.query('DELETE FROM account_tokens WHERE user_id = $1 AND expires_at <= now()', [user_id]);
  const [counted] = await tx.query<{ mails: number }[]>(
    `SELECT count(DISTINCT mail_id)::integer AS mails FROM account_tokens
     WHERE user_id = $1 AND purpose = $2 AND mail_id <> $3`,
    [user_id, purpose, mail_id],
  );
  return counted!.mails >= MAX_LIVE_MAILS ? 'enough_mails' : undefined;
}

/** What a redeemed token tells about an account for the first time. */
function proven({ id, status, email_verified }: Redeemer): Effects {
  const news = newEffects();
  if (!email_verified) news.event(EmailVerified, { user_id: id });
  if (status === 'pending_verification') {
    news.event(UserStatusChanged, { user_id: id, from: status, to: 'active' });
  }
  return news;
}
