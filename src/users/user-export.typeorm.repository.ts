import { Injectable } from '@nestjs/common';
import { Database, EffectsWriter, type Effects } from '../platform/database/index.js';
import { UserBatch, type ExportFilter } from './dto/export-users.dto.js';
import type { UserEntity } from './user.entity.js';
import { UserExportRepository } from './user-export.repository.js';
import { batchOf, rangeEndOf } from './user-list.query.js';
import { toUser } from './user.mapper.js';

/** Accounts looked at for one batch, so that a filter which few of them meet makes no batch long. */
const RANGE = 5_000;

/** Accounts in bulk from PostgreSQL, along the primary key. */
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
    return this.database.read(async (manager) => {
      const bound = rangeEndOf(after, RANGE);
      const [last] = await manager.query<{ id: string }[]>(bound.text, bound.values);
      const end = last?.id ?? null;
      const { text, values } = batchOf(filter, { after, end }, limit);
      const data = (await manager.query<UserEntity[]>(text, values)).map(toUser);
      const next = data.length === limit ? data.at(-1)!.id : end;
      return Object.assign(new UserBatch(), { data, next });
    });
  }
}
