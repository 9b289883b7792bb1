import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/index.js';
import { Plugin, PluginPage, PluginQuery } from './plugin.js';
import { PluginEntity } from './plugin.entity.js';
import { toPlugin } from './plugin.mapper.js';
import { PluginRepository } from './plugin.repository.js';

@Injectable()
export class TypeOrmPluginRepository extends PluginRepository {
  constructor(private readonly database: Database) {
    super();
  }

  override find(id: string): Promise<Plugin | null> {
    return this.database.read(async (manager) => {
      const row = await manager.findOneBy(PluginEntity, { id });
      return row && toPlugin(row);
    });
  }

  override list({ page, size, state }: PluginQuery): Promise<PluginPage> {
    return this.database.read(async (manager) => {
      const [rows, total] = await manager.findAndCount(PluginEntity, {
        where: state === undefined ? {} : { state },
        order: { id: 'ASC' },
        skip: page * size,
        take: size,
      });
      return Object.assign(new PluginPage(), { data: rows.map(toPlugin), page, size, total });
    });
  }
}
