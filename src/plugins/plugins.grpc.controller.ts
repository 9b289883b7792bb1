import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { RequirePermission } from '../platform/security/index.js';
import { GetPluginDto, ListPluginsDto, type PluginDto, type PluginPageDto } from './dto/plugin.dto.js';
import { toPluginQuery } from './plugin.mapper.js';
import { PluginsService } from './plugins.service.js';

/** arcana.plugins.v1.PluginService */
@Controller()
export class PluginsGrpcController {
  constructor(private readonly plugins: PluginsService) {}

  @GrpcMethod('PluginService', 'ListPlugins')
  @RequirePermission('plugins:read')
  list(@Payload() query: ListPluginsDto): Promise<PluginPageDto> {
    return this.plugins.list(toPluginQuery(query));
  }

  @GrpcMethod('PluginService', 'GetPlugin')
  @RequirePermission('plugins:read')
  async get(@Payload() { id }: GetPluginDto): Promise<{ plugin: PluginDto }> {
    return { plugin: await this.plugins.get(id) };
  }
}
