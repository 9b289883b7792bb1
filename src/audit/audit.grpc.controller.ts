import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { RequirePermission } from '../platform/security/index.js';
import { AuditService } from './audit.service.js';
import type { AuditLogSlice } from './dto/audit-log.dto.js';
import { ListAuditLogsQuery } from './dto/list-audit-logs.dto.js';

/** arcana.audit.v1.AuditService: the call of REST. */
@Controller()
export class AuditGrpcController {
  constructor(private readonly audit: AuditService) {}

  @GrpcMethod('AuditService', 'ListAuditLogs')
  @RequirePermission('audit:read')
  list(@Payload() query: ListAuditLogsQuery): Promise<AuditLogSlice> {
    return this.audit.list(query);
  }
}
