import { Body, Controller, Headers, HttpCode, Param, Patch, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiErrors, UuidPipe } from '../platform/http/index.js';
import { RequirePermission } from '../platform/security/index.js';
import { RoleChange, StatusChange } from './dto/change-access.dto.js';
import { User } from './dto/user.dto.js';
import { versionsOf } from './if-match.js';
import { UserAccessService } from './user-access.service.js';
import { ETAG, ID, IF_MATCH, tagged } from './user-answers.js';
import {
  ACCOUNT_ABOVE_OWN,
  LAST_SUPER_ADMIN,
  NOT_DELETED,
  OWN_ACCESS,
  ROLE_ABOVE_OWN,
  STATUS_TRANSITION_REFUSED,
  SUPER_ADMIN_PROTECTED,
} from './users.errors.js';

/** REST of what accounts may do. */
@ApiTags('users')
@Controller('api/v1/users')
export class UserAccessController {
  constructor(private readonly access: UserAccessService) {}

  @Patch(':id/role')
  @RequirePermission('users:change_role')
  @ApiOperation({
    summary: 'Give an account another role',
    description:
      'Its sessions end at once. Nobody changes their own role, nobody grants one above their own, and only a super_admin demotes a super_admin.',
  })
  @ApiParam(ID)
  @ApiHeader(IF_MATCH)
  @ApiOkResponse({ type: User, headers: ETAG })
  @ApiErrors(
    'NOT_FOUND',
    'PRECONDITION_FAILED',
    OWN_ACCESS,
    ROLE_ABOVE_OWN,
    SUPER_ADMIN_PROTECTED,
    ACCOUNT_ABOVE_OWN,
    LAST_SUPER_ADMIN,
  )
  async changeRole(
    @Param('id', UuidPipe) id: string,
    @Body() change: RoleChange,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<User> {
    return tagged(reply, await this.access.changeRole(id, change, versionsOf(ifMatch)));
  }

  @Patch(':id/status')
  @RequirePermission('users:change_status')
  @ApiOperation({
    summary: 'Shut an account out, or let it in again',
    description:
      'Its sessions end at once. Nobody changes their own status. A suspended account becomes active and nothing else; `pending_verification` and `deleted` are not set here.',
  })
  @ApiParam(ID)
  @ApiHeader(IF_MATCH)
  @ApiOkResponse({ type: User, headers: ETAG })
  @ApiErrors(
    'NOT_FOUND',
    'PRECONDITION_FAILED',
    OWN_ACCESS,
    SUPER_ADMIN_PROTECTED,
    ACCOUNT_ABOVE_OWN,
    LAST_SUPER_ADMIN,
    STATUS_TRANSITION_REFUSED,
  )
  async changeStatus(
    @Param('id', UuidPipe) id: string,
    @Body() change: StatusChange,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<User> {
    return tagged(reply, await this.access.changeStatus(id, change, versionsOf(ifMatch)));
  }

  @Post(':id/restore')
  @HttpCode(200)
  @RequirePermission('users:restore')
  @ApiOperation({
    summary: 'Bring a deleted account back',
    description: 'With the role and status it had. The sessions it had stay dead.',
  })
  @ApiParam(ID)
  @ApiHeader(IF_MATCH)
  @ApiOkResponse({ type: User, headers: ETAG })
  @ApiErrors('NOT_FOUND', 'PRECONDITION_FAILED', NOT_DELETED, SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN)
  async restore(
    @Param('id', UuidPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<User> {
    return tagged(reply, await this.access.restore(id, versionsOf(ifMatch)));
  }
}
