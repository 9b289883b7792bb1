import { listOf, RemotePort } from '../platform/deployment/index.js';
import { AuditLogFilter } from './audit-log-filter.js';
import { AuditLog } from './dto/audit-log.dto.js';

/** Port: the audit log, for reading. It is written as effects of the acts themselves. */
@RemotePort<AuditLogRepository>({
  list: { args: [AuditLogFilter], result: listOf(AuditLog), idempotent: true },
})
export abstract class AuditLogRepository {
  /** Up to `filter.limit` entries, newest first; those nearest to the place first when read backwards from it. */
  abstract list(filter: AuditLogFilter): Promise<AuditLog[]>;
}
