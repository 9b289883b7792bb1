import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors, pageLinks, UuidPipe } from '../platform/http/index.js';
import { RateLimit } from '../platform/resilience/index.js';
import { Authenticated } from '../platform/security/index.js';
import { CURRENT_PASSWORD_WRONG, PASSWORD_TOO_COMMON, PASSWORD_UNCHANGED } from './auth.errors.js';
import { ChangePasswordRequest } from './dto/auth-requests.dto.js';
import { ListSessionsQuery, SessionPage } from './dto/session-list.dto.js';
import { PasswordChangeService } from './password-change.service.js';
import { SessionService } from './session.service.js';

/** REST of what is open in the caller's name, and of what ends it. */
@ApiTags('auth')
@Controller('api/v1/auth')
export class SessionsController {
  constructor(
    private readonly sessions: SessionService,
    private readonly passwords: PasswordChangeService,
  ) {}

  @Get('sessions')
  @Authenticated()
  @ApiOperation({
    summary: "List the caller's sessions",
    description: 'Those that are alive, the one used last first.',
  })
  @ApiOkResponse({
    type: SessionPage,
    headers: { Link: { description: 'Next and previous page (RFC 8288).', schema: { type: 'string' } } },
  })
  async list(
    @Query() query: ListSessionsQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionPage> {
    const page = await this.sessions.list(query);
    const links = pageLinks(request, page);
    if (links !== undefined) void reply.header('link', links);
    return page;
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  @Authenticated()
  @ApiOperation({
    summary: "End one of the caller's sessions",
    description: 'Its access tokens stop working at once.',
  })
  @ApiParam({
    name: 'id',
    description: 'Id of the session.',
    format: 'uuid',
    example: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a88',
  })
  @ApiNoContentResponse({ description: 'The session is over.' })
  @ApiErrors('NOT_FOUND')
  async end(@Param('id', UuidPipe) id: string): Promise<void> {
    await this.sessions.end(id);
  }

  @Post('logout-all')
  @HttpCode(204)
  @Authenticated()
  @ApiOperation({
    summary: 'Sign out everywhere',
    description:
      'Ends every session of the caller, this one included; their access tokens stop working at once.',
  })
  @ApiNoContentResponse({ description: 'All sessions are over.' })
  async logoutAll(): Promise<void> {
    await this.sessions.logoutAll();
  }

  @Post('change-password')
  @HttpCode(204)
  @Authenticated()
  @RateLimit('auth')
  @ApiOperation({
    summary: 'Change the password',
    description: 'Every other session of the caller ends; this one goes on with the tokens it has.',
  })
  @ApiNoContentResponse({ description: 'The password is changed.' })
  @ApiErrors(CURRENT_PASSWORD_WRONG, PASSWORD_UNCHANGED, PASSWORD_TOO_COMMON)
  async changePassword(@Body() request: ChangePasswordRequest): Promise<void> {
    await this.passwords.change(request);
  }
}
