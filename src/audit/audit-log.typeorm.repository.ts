import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/index.js';
import type { AuditLogFilter } from './audit-log-filter.js';
import { AuditLogEntity } from './audit-log.entity.js';
import { toAuditLog } from './audit-log.mapper.js';
import { AuditLogRepository } from './audit-log.repository.js';
import type { AuditLog } from './dto/audit-log.dto.js';

/** The audit log in PostgreSQL. */
@Injectable()
export class TypeOrmAuditLogRepository extends AuditLogRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async list(filter: AuditLogFilter): Promise<AuditLog[]> {
    const { action, actor_id, target_id, request_id, occurred_after, occurred_before, after, limit } = filter;
    const [sign, direction] = filter.backwards ? (['>', 'ASC'] as const) : (['<', 'DESC'] as const);
    const rows = await this.database.read((manager) => {
      const entries = manager.createQueryBuilder(AuditLogEntity, 'a').where('TRUE');
      if (action !== undefined) entries.andWhere('a.action = :action', { action });
      if (actor_id !== undefined) entries.andWhere('a.actor_id = :actor_id', { actor_id });
      if (target_id !== undefined) entries.andWhere('a.target_id = :target_id', { target_id });
      if (request_id !== undefined) entries.andWhere('a.request_id = :request_id', { request_id });
      if (occurred_after) entries.andWhere('a.occurred_at > :occurred_after', { occurred_after });
      if (occurred_before) entries.andWhere('a.occurred_at < :occurred_before', { occurred_before });
      if (after)
        entries.andWhere(`(a.occurred_at, a.id) ${sign} (:at, CAST(:afterId AS uuid))`, {
          at: after.at,
          afterId: after.id,
        });
      return entries.orderBy('a.occurred_at', direction).addOrderBy('a.id', direction).limit(limit).getMany();
    });
    return rows.map(toAuditLog);
  }
}
