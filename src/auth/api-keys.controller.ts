import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors, pageLinks, UuidPipe } from '../platform/http/index.js';
import { Authenticated } from '../platform/security/index.js';
import { ApiKeyService } from './api-key.service.js';
import { API_KEY_LIMIT, EXPIRY_GIVEN_TWICE, EXPIRY_OUT_OF_RANGE, SCOPE_ABOVE_OWN } from './auth.errors.js';
import { ApiKey, ApiKeyPage, CreateApiKey, CreatedApiKey, ListApiKeysQuery } from './dto/api-key.dto.js';

const ID = {
  name: 'id',
  description: 'Id of the key.',
  format: 'uuid',
  example: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87',
};

/** REST of the keys by which services call in the caller's name. */
@ApiTags('auth')
@Controller('api/v1/auth/api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeyService) {}

  @Get()
  @Authenticated()
  @ApiOperation({
    summary: "List the caller's API keys",
    description: 'The youngest first, expired ones included.',
  })
  @ApiOkResponse({
    type: ApiKeyPage,
    headers: { Link: { description: 'Next and previous page (RFC 8288).', schema: { type: 'string' } } },
  })
  async list(
    @Query() query: ListApiKeysQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiKeyPage> {
    const page = await this.keys.list(query);
    const links = pageLinks(request, page);
    if (links !== undefined) void reply.header('link', links);
    return page;
  }

  @Post()
  @Authenticated()
  @ApiOperation({
    summary: 'Make an API key',
    description:
      'For a service that calls over REST or gRPC in the name of the caller. The key is in this answer and is never shown again.',
  })
  // An example made of the schema would give both ends, which is refused.
  @ApiBody({
    type: CreateApiKey,
    examples: {
      days: { value: { name: 'Nightly report', scopes: ['users:read'], expires_in_days: 90 } },
    },
  })
  @ApiCreatedResponse({
    type: CreatedApiKey,
    headers: { Location: { description: 'Path of the key.', schema: { type: 'string' } } },
  })
  @ApiErrors(SCOPE_ABOVE_OWN, EXPIRY_GIVEN_TWICE, EXPIRY_OUT_OF_RANGE, API_KEY_LIMIT)
  async create(
    @Body() request: CreateApiKey,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreatedApiKey> {
    const key = await this.keys.create(request);
    void reply.header('location', `/api/v1/auth/api-keys/${key.id}`);
    return key;
  }

  @Get(':id')
  @Authenticated()
  @ApiOperation({ summary: "Read one of the caller's API keys" })
  @ApiParam(ID)
  @ApiOkResponse({ type: ApiKey })
  @ApiErrors('NOT_FOUND')
  get(@Param('id', UuidPipe) id: string): Promise<ApiKey> {
    return this.keys.get(id);
  }

  @Delete(':id')
  @HttpCode(204)
  @Authenticated()
  @ApiOperation({
    summary: "Revoke one of the caller's API keys",
    description: 'The next call with it is refused.',
  })
  @ApiParam(ID)
  @ApiNoContentResponse({ description: 'The key is worth nothing any more.' })
  @ApiErrors('NOT_FOUND')
  async revoke(@Param('id', UuidPipe) id: string): Promise<void> {
    await this.keys.revoke(id);
  }
}
