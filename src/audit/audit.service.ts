import { Injectable } from '@nestjs/common';
import { decodePosition, encodePosition, type ListPosition } from '../platform/database/index.js';
import { Remote } from '../platform/deployment/index.js';
import { AuditLogRepository } from './audit-log.repository.js';
import { INVALID_AUDIT_CURSOR } from './audit.errors.js';
import { type AuditLog, AuditLogSlice } from './dto/audit-log.dto.js';
import { ListAuditLogsQuery } from './dto/list-audit-logs.dto.js';

/** The audit log as administrators see it. */
@Injectable()
export class AuditService {
  constructor(private readonly entries: AuditLogRepository) {}

  /** One page, newest first, with the ways on and back. @throws INVALID_AUDIT_CURSOR (VALIDATION_FAILED) */
  @Remote({ args: [ListAuditLogsQuery], result: AuditLogSlice, idempotent: true })
  async list({ cursor, size, ...conditions }: ListAuditLogsQuery): Promise<AuditLogSlice> {
    const place = cursor === undefined ? undefined : placeOf(cursor);
    const found = await this.entries.list({ ...conditions, ...place, limit: size + 1 });
    // Nothing stands before: what follows is the first page.
    if (place?.backwards && found.length === 0) return this.list({ ...conditions, size });
    const hasMore = found.length > size;
    const data = found.slice(0, size);
    if (place?.backwards) data.reverse();
    // Whoever went back came from what follows; whoever went on, from what stands before.
    const [hasNext, hasPrevious] = place?.backwards ? [true, hasMore] : [hasMore, place !== undefined];
    const [first, last] = [data[0], data.at(-1)];
    return {
      data,
      next_cursor: hasNext && last ? cursorAt(last) : null,
      prev_cursor: hasPrevious && first ? BACKWARDS + cursorAt(first) : null,
    };
  }
}

/** What a cursor that leads back begins with; no character of base64url. */
const BACKWARDS = '~';

const cursorAt = ({ occurred_at, id }: AuditLog): string => encodePosition({ at: occurred_at, id });

/** @throws INVALID_AUDIT_CURSOR for anything that no answer has held */
function placeOf(cursor: string): { after: ListPosition; backwards?: true } {
  const isBackwards = cursor.startsWith(BACKWARDS);
  const after = decodePosition(isBackwards ? cursor.slice(BACKWARDS.length) : cursor);
  if (!after) throw INVALID_AUDIT_CURSOR.error();
  return isBackwards ? { after, backwards: true } : { after };
}
