import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors, cursorLinks } from '../platform/http/index.js';
import { RequirePermission } from '../platform/security/index.js';
import { INVALID_AUDIT_CURSOR } from './audit.errors.js';
import { AuditService } from './audit.service.js';
import { AuditLogPage } from './dto/audit-log.dto.js';
import { ListAuditLogsQuery } from './dto/list-audit-logs.dto.js';

/** REST of the audit log: it is read, and nothing else. */
@ApiTags('audit')
@Controller('api/v1/audit-logs')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @RequirePermission('audit:read')
  @ApiOperation({
    summary: 'Search the audit log, newest first',
    description:
      'Who did what to whom, when, from where, and what it changed. Entries can be neither changed nor deleted.',
  })
  @ApiOkResponse({
    type: AuditLogPage,
    headers: { Link: { description: 'Next and previous page (RFC 8288).', schema: { type: 'string' } } },
  })
  @ApiErrors(INVALID_AUDIT_CURSOR)
  async list(
    @Query() query: ListAuditLogsQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuditLogPage> {
    const { data, next_cursor, prev_cursor } = await this.audit.list(query);
    const links = cursorLinks(request, next_cursor, prev_cursor);
    if (links !== undefined) void reply.header('link', links);
    return { data, next_cursor };
  }
}
