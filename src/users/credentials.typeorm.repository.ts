import { Injectable } from '@nestjs/common';
import { Database, effects as newEffects, EffectsWriter, type Effects } from '../platform/database/index.js';
import { emailKey } from './account-rules.js';
import { CredentialsRepository } from './credentials.repository.js';
import {
  PasswordTokenOwner,
  type Credentials,
  type NewPasswordToken,
  type PasswordUpgrade,
} from './dto/credentials.dto.js';
import type { UserStatus } from './dto/user.dto.js';
import { UserEntity } from './user.entity.js';
import { toCredentials } from './user.mapper.js';
import { EmailVerified, UserStatusChanged } from './users.events.js';

/** What `UPDATE ... RETURNING` and `DELETE ... RETURNING` give: the rows, and how many there were. */
type Affected<T> = [T[], number];

interface Redeemer {
  id: string;
  status: UserStatus;
  email_verified: boolean;
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

const owner = (row: PasswordTokenOwner | undefined): PasswordTokenOwner | null =>
  row ? Object.assign(new PasswordTokenOwner(), row) : null;

/** Credentials in PostgreSQL. */
@Injectable()
export class TypeOrmCredentialsRepository extends CredentialsRepository {
  constructor(
    private readonly database: Database,
    private readonly effects: EffectsWriter,
  ) {
    super();
  }

  async findByEmail(email: string): Promise<Credentials | null> {
    const row = await this.database.read((manager) =>
      manager
        .createQueryBuilder(UserEntity, 'u')
        .where(`lower(u.email COLLATE "C") = :key AND u.status <> 'deleted'`, { key: emailKey(email) })
        .getOne(),
    );
    return row && toCredentials(row);
  }

  // The version stays: who last signed in is no change that an editor of the account could lose.
  async recordSignIn(userId: string, upgrade?: PasswordUpgrade): Promise<void> {
    await this.database.transaction((tx) =>
      tx.query(
        `UPDATE users SET last_login_at = now(),
           password_hash = CASE WHEN password_hash = $2 THEN $3 ELSE password_hash END
         WHERE id = $1`,
        [userId, upgrade?.from ?? null, upgrade?.to ?? null],
      ),
    );
  }

  issuePasswordToken(token: NewPasswordToken): Promise<PasswordTokenOwner | null> {
    return this.database.transaction(async (tx) => {
      await tx.query('DELETE FROM password_tokens WHERE user_id = $1 AND expires_at <= now()', [
        token.user_id,
      ]);
      // FOR SHARE: an address that is being changed is waited for, so that no token goes to the old one.
      const rows = await tx.query<PasswordTokenOwner[]>(
        `WITH account AS (SELECT id, name, email FROM users WHERE id = $2 AND status <> 'deleted' FOR SHARE),
           stored AS (
             INSERT INTO password_tokens (token_hash, user_id, expires_at)
             SELECT decode($1, 'hex'), id, now() + $3 * interval '1 second' FROM account
           )
         SELECT id AS user_id, name, email FROM account`,
        [token.token_hash, token.user_id, token.lifetime_secs],
      );
      return owner(rows[0]);
    });
  }

  async findPasswordToken(tokenHash: string): Promise<PasswordTokenOwner | null> {
    const rows = await this.database.read((manager) =>
      manager.query<PasswordTokenOwner[]>(
        `SELECT u.id AS user_id, u.name, u.email
         FROM password_tokens t JOIN users u ON u.id = t.user_id
         WHERE t.token_hash = decode($1, 'hex') AND t.expires_at > now() AND u.status <> 'deleted'`,
        [tokenHash],
      ),
    );
    return owner(rows[0]);
  }

  redeemPasswordToken(tokenHash: string, passwordHash: string, effects: Effects): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      // The account first, as whoever changes or deletes it does: two of us then never wait for each other.
      const [account] = await tx.query<Redeemer[]>(
        `SELECT id, status, email_verified FROM users WHERE status <> 'deleted'
           AND id = (SELECT user_id FROM password_tokens WHERE token_hash = decode($1, 'hex')) FOR UPDATE`,
        [tokenHash],
      );
      if (!account) return false;
      const [used] = await tx.query<Affected<{ user_id: string }>>(
        `DELETE FROM password_tokens WHERE token_hash = decode($1, 'hex') AND expires_at > now() RETURNING user_id`,
        [tokenHash],
      );
      if (used.length === 0) return false;
      await tx.query(
        `UPDATE users SET password_hash = $2, access_epoch = access_epoch + 1, email_verified = true,
           status = CASE WHEN status = 'pending_verification' THEN 'active' ELSE status END,
           version = version + 1, updated_at = now()
         WHERE id = $1`,
        [account.id, passwordHash],
      );
      await tx.query('DELETE FROM password_tokens WHERE user_id = $1', [account.id]);
      await this.effects.write(tx, effects);
      await this.effects.write(tx, proven(account));
      return true;
    });
  }
}
