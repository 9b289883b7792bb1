import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiExtraModels,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors, cursorLinks, pageLinks, UuidPipe } from '../platform/http/index.js';
import { RequirePermission, SelfOr } from '../platform/security/index.js';
import { CreateUser } from './dto/create-user.dto.js';
import { ListUsersQuery } from './dto/list-users.dto.js';
import { ReplaceUser, UserChanges } from './dto/update-user.dto.js';
import { User, UserCursorPage, UserPage } from './dto/user.dto.js';
import { versionsOf } from './if-match.js';
import { UserAccessService } from './user-access.service.js';
import { ETAG, ID, IF_MATCH, tagged } from './user-answers.js';
import {
  ACCOUNT_ABOVE_OWN,
  EMAIL_TAKEN,
  INVALID_USER_CURSOR,
  LAST_SUPER_ADMIN,
  ROLE_ABOVE_OWN,
  SUPER_ADMIN_PROTECTED,
} from './users.errors.js';
import { UsersService } from './users.service.js';

/** REST of accounts. */
@ApiTags('users')
@Controller('api/v1/users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly access: UserAccessService,
  ) {}

  @Get()
  @RequirePermission('users:list')
  @ApiOperation({
    summary: 'List accounts',
    description:
      'Searched, filtered and sorted; page by page with `page` and a `total`, or by `cursor`, which is as quick a million accounts further on.',
  })
  @ApiExtraModels(UserPage, UserCursorPage)
  @ApiOkResponse({
    schema: { oneOf: [{ $ref: getSchemaPath(UserPage) }, { $ref: getSchemaPath(UserCursorPage) }] },
    headers: { Link: { description: 'Next and previous page (RFC 8288).', schema: { type: 'string' } } },
  })
  @ApiErrors(INVALID_USER_CURSOR)
  async list(
    @Query() query: ListUsersQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserPage | UserCursorPage> {
    const link = (links: string | undefined): void => {
      if (links !== undefined) void reply.header('link', links);
    };
    if (query.cursor === undefined) {
      const page = await this.users.list(query);
      link(pageLinks(request, page));
      return page;
    }
    const { data, next_cursor, prev_cursor } = await this.users.listFrom(query);
    link(cursorLinks(request, next_cursor, prev_cursor));
    return { data, next_cursor };
  }

  @Post()
  @RequirePermission('users:create')
  @ApiOperation({
    summary: 'Create an account',
    description:
      'Without a password: its owner is sent a mail with a token to set one. A password in the body is refused.',
  })
  @ApiCreatedResponse({
    type: User,
    headers: { Location: { description: 'Path of the account.', schema: { type: 'string' } }, ...ETAG },
  })
  @ApiErrors(EMAIL_TAKEN, ROLE_ABOVE_OWN)
  async create(@Body() request: CreateUser, @Res({ passthrough: true }) reply: FastifyReply): Promise<User> {
    const user = await this.users.create(request);
    void reply.header('location', `/api/v1/users/${user.id}`);
    return tagged(reply, user);
  }

  @Get(':id')
  @SelfOr('users:read')
  @ApiOperation({ summary: 'Read an account' })
  @ApiParam(ID)
  @ApiOkResponse({ type: User, headers: ETAG })
  @ApiErrors('NOT_FOUND')
  async get(
    @Param('id', UuidPipe) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<User> {
    return tagged(reply, await this.users.get(id));
  }

  @Put(':id')
  @SelfOr('users:update')
  @ApiOperation({
    summary: 'Replace what may be written of an account',
    description: 'Fields that are absent are reset.',
  })
  @ApiParam(ID)
  @ApiHeader(IF_MATCH)
  @ApiOkResponse({ type: User, headers: ETAG })
  @ApiErrors('NOT_FOUND', 'PRECONDITION_FAILED', EMAIL_TAKEN, SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN)
  async replace(
    @Param('id', UuidPipe) id: string,
    @Body() request: ReplaceUser,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<User> {
    const { name, email, avatar_url = null, metadata = {} } = request;
    return tagged(
      reply,
      await this.users.update(id, { name, email, avatar_url, metadata }, versionsOf(ifMatch)),
    );
  }

  @Patch(':id')
  @SelfOr('users:update')
  @ApiOperation({ summary: 'Change an account', description: 'Fields that are absent stay as they are.' })
  @ApiParam(ID)
  @ApiHeader(IF_MATCH)
  @ApiOkResponse({ type: User, headers: ETAG })
  @ApiErrors('NOT_FOUND', 'PRECONDITION_FAILED', EMAIL_TAKEN, SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN)
  async update(
    @Param('id', UuidPipe) id: string,
    @Body() changes: UserChanges,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<User> {
    return tagged(reply, await this.users.update(id, changes, versionsOf(ifMatch)));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('users:delete')
  @ApiOperation({
    summary: 'Delete an account',
    description: 'Softly: its sessions end, its e-mail address stays reserved.',
  })
  @ApiParam(ID)
  @ApiHeader(IF_MATCH)
  @ApiNoContentResponse({ description: 'The account is deleted.' })
  @ApiErrors('NOT_FOUND', 'PRECONDITION_FAILED', LAST_SUPER_ADMIN, SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN)
  async delete(
    @Param('id', UuidPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.access.delete(id, versionsOf(ifMatch));
  }
}
