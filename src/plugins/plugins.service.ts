import { Injectable } from '@nestjs/common';
import { Remote } from '../platform/deployment/index.js';
import { Plugin, PluginPage, PluginQuery } from './plugin.js';
import { PluginRepository } from './plugin.repository.js';
import { PLUGIN_NOT_FOUND } from './plugins.errors.js';

/** What is installed. */
@Injectable()
export class PluginsService {
  constructor(private readonly plugins: PluginRepository) {}

  /** One page of installed plugins. */
  @Remote({ args: [PluginQuery], result: PluginPage, idempotent: true })
  list(query: PluginQuery): Promise<PluginPage> {
    return this.plugins.list(query);
  }

  /** One plugin. @throws PLUGIN_NOT_FOUND (NOT_FOUND) */
  @Remote({ args: [String], result: Plugin, idempotent: true })
  async get(id: string): Promise<Plugin> {
    const plugin = await this.plugins.find(id);
    if (!plugin) throw PLUGIN_NOT_FOUND.error();
    return plugin;
  }
}
