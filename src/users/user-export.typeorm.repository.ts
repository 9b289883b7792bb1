import { Injectable } from '@nestjs/common';
import { Database, EffectsWriter, type Effects } from '../platform/database/index.js';
import { UserBatch, type ExportFilter } from './dto/export-users.dto.js';
import type { UserEntity } from './user.entity.js';
import { UserExportRepository } from './user-export.repository.js';
import { batchOf } from './user-list.query.js';
import { toUser } from './user.mapper.js';

/** Accounts in bulk from PostgreSQL: each batch is one statement on the primary key. */
@Injectable()
export class TypeOrmUserExportRepository extends UserExportRepository {
  constructor(
    private readonly database: Database,
    private readonly effects: EffectsWriter,
  ) {
    super();
  }

  async begin(effects: Effects): Promise<void> {
    await this.database.transaction((tx) => this.effects.write(tx, effects));
  }

  async listAfter(filter: ExportFilter, after: string | null, limit: number): Promise<UserBatch> {
    const { text, values } = batchOf(filter, after, limit);
    const rows = await this.database.read((manager) => manager.query<UserEntity[]>(text, values));
    return Object.assign(new UserBatch(), { data: rows.map(toUser) });
  }
}
