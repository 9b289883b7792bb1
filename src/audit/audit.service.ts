import { Injectable } from '@nestjs/common';
import { decodePosition, encodePosition } from '../platform/database/index.js';
import { Remote } from '../platform/deployment/index.js';
import { AuditLogRepository } from './audit-log.repository.js';
import { INVALID_AUDIT_CURSOR } from './audit.errors.js';
import { AuditLogPage } from './dto/audit-log.dto.js';
import { ListAuditLogsQuery } from './dto/list-audit-logs.dto.js';

/** The audit log as administrators see it. */
@Injectable()
export class AuditService {
  constructor(private readonly entries: AuditLogRepository) {}

  /** One page, newest first. @throws INVALID_AUDIT_CURSOR (VALIDATION_FAILED) */
  @Remote({ args: [ListAuditLogsQuery], result: AuditLogPage, idempotent: true })
  async list({ cursor, size, ...conditions }: ListAuditLogsQuery): Promise<AuditLogPage> {
    const after = cursor === undefined ? undefined : decodePosition(cursor);
    if (after === null) throw INVALID_AUDIT_CURSOR.error();
    const found = await this.entries.list({ ...conditions, after, limit: size + 1 });
    const data = found.slice(0, size);
    const last = data.at(-1);
    const isLastPage = found.length <= size || !last;
    return {
      data,
      next_cursor: isLastPage ? null : encodePosition({ at: last.occurred_at, id: last.id }),
    };
  }
}
