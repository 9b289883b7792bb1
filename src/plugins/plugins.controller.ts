import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors, pageLinks } from '../platform/http/index.js';
import { RequirePermission } from '../platform/security/index.js';
import { GetPluginDto, ListPluginsDto, PluginDto, PluginPageDto } from './dto/plugin.dto.js';
import { toPluginQuery } from './plugin.mapper.js';
import { PLUGIN_NOT_FOUND } from './plugins.errors.js';
import { PluginsService } from './plugins.service.js';

/** REST view of the installed plugins. */
@ApiTags('plugins')
@Controller('api/v1/plugins')
export class PluginsController {
  constructor(private readonly plugins: PluginsService) {}

  @Get()
  @RequirePermission('plugins:read')
  @ApiOperation({ summary: 'List installed plugins' })
  @ApiOkResponse({ type: PluginPageDto })
  async list(
    @Query() query: ListPluginsDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PluginPageDto> {
    const page = await this.plugins.list(toPluginQuery(query));
    const links = pageLinks(request, page);
    if (links) void reply.header('link', links);
    return page;
  }

  @Get(':id')
  @RequirePermission('plugins:read')
  @ApiOperation({ summary: 'Read one plugin' })
  @ApiOkResponse({ type: PluginDto })
  @ApiErrors(PLUGIN_NOT_FOUND)
  get(@Param() { id }: GetPluginDto): Promise<PluginDto> {
    return this.plugins.get(id);
  }
}
