import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/index.js';
import { PendingUser, type SyncFailure } from './dto/user-sync.dto.js';
import { UserSyncRepository } from './user-sync.repository.js';
import { UserEntity } from './user.entity.js';
import { toUser } from './user.mapper.js';

/**
 * The state of the copy, in the row of the account. What is written here is no change of the account: version and
 * updated_at stay.
 */
@Injectable()
export class TypeOrmUserSyncRepository extends UserSyncRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async listDue(limit: number): Promise<PendingUser[]> {
    const rows = await this.database.read((manager) =>
      manager
        .createQueryBuilder(UserEntity, 'u')
        .where(`u.sync_status = 'PENDING' AND u.sync_due_at <= now()`)
        .orderBy('u.sync_due_at')
        .addOrderBy('u.id')
        .limit(limit)
        .getMany(),
    );
    return rows.map((row) =>
      Object.assign(new PendingUser(), { user: toUser(row), attempts: row.sync_attempts }),
    );
  }

  async markSynced(id: string, version: number): Promise<void> {
    await this.database.transaction((tx) =>
      tx.query(
        `UPDATE users SET sync_status = 'SYNCED', sync_attempts = 0
         WHERE id = $1 AND version = $2 AND sync_status = 'PENDING'`,
        [id, version],
      ),
    );
  }

  async recordFailure(id: string, version: number, { retry_in_secs }: SyncFailure): Promise<void> {
    await this.database.transaction((tx) =>
      tx.query(
        `UPDATE users SET sync_attempts = sync_attempts + 1,
           sync_status = CASE WHEN $3::integer IS NULL THEN 'FAILED' ELSE 'PENDING' END,
           sync_due_at = now() + coalesce($3::integer, 0) * interval '1 second'
         WHERE id = $1 AND version = $2 AND sync_status = 'PENDING'`,
        [id, version, retry_in_secs ?? null],
      ),
    );
  }
}
