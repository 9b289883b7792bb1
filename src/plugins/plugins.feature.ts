import { defineFeature } from '../platform/deployment/index.js';
import { PluginEntity } from './plugin.entity.js';
import { PluginRepository } from './plugin.repository.js';
import { TypeOrmPluginRepository } from './plugin.typeorm.repository.js';
import { PluginsController } from './plugins.controller.js';
import { PluginsGrpcController } from './plugins.grpc.controller.js';
import { PluginsService } from './plugins.service.js';

export const pluginsFeature = defineFeature({
  name: 'plugins',
  controllers: [PluginsController, PluginsGrpcController],
  services: [PluginsService],
  repositories: [{ port: PluginRepository, adapter: TypeOrmPluginRepository, entities: [PluginEntity] }],
});
