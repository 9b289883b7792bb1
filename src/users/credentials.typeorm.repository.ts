import { Injectable } from '@nestjs/common';
import { ArcanaConfig } from '../platform/config/index.js';
import { Database, effects as newEffects, EffectsWriter, type Effects } from '../platform/database/index.js';
import { emailKey } from './account-rules.js';
import { CredentialsRepository } from './credentials.repository.js';
import type { Credentials } from './dto/credentials.dto.js';
import type { UserStatus } from './dto/user.dto.js';
import { withStatusAfter } from './status-after.js';
import { syncMark, syncMarkSql } from './sync-mark.js';
import { UserEntity } from './user.entity.js';
import { toCredentials } from './user.mapper.js';
import { UserStatusChanged } from './users.events.js';

/** Credentials in PostgreSQL. */
@Injectable()
export class TypeOrmCredentialsRepository extends CredentialsRepository {
  constructor(
    private readonly database: Database,
    private readonly effects: EffectsWriter,
    private readonly config: ArcanaConfig,
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

  unlock(userId: string, unverifiedBecomes: UserStatus, effects: Effects): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const [unlocked] = await tx.query<[{ status: UserStatus }[], number]>(
        `UPDATE users SET status = CASE WHEN email_verified THEN 'active' ELSE $2 END,
           access_epoch = access_epoch + 1, version = version + 1, updated_at = now(),
           ${syncMarkSql(3)}
         WHERE id = $1 AND status = 'locked' RETURNING status`,
        [userId, unverifiedBecomes, syncMark(this.config).sync_status],
      );
      const [account] = unlocked;
      await this.effects.write(tx, account ? withStatusAfter(effects, account.status) : effects);
      if (!account) return false;
      const change = { user_id: userId, from: 'locked', to: account.status } as const;
      await this.effects.write(tx, newEffects().event(UserStatusChanged, change));
      return true;
    });
  }
}
