import type { AuditLogEntity } from './audit-log.entity.js';
import { AuditLog } from './dto/audit-log.dto.js';

/** What may leave, field by field. */
export const toAuditLog = (row: AuditLogEntity): AuditLog =>
  Object.assign(new AuditLog(), {
    id: row.id,
    occurred_at: row.occurred_at,
    action: row.action,
    actor_id: row.actor_id,
    actor_via: row.actor_via,
    target_id: row.target_id,
    details: row.details,
    request_id: row.request_id,
    trace_id: row.trace_id,
    ip: row.ip,
    user_agent: row.user_agent,
    route: row.route,
  });
