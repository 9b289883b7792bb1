import { nullable, RemotePort } from '../platform/deployment/index.js';
import { Plugin, PluginPage, PluginQuery } from './plugin.js';

/** Port: the store of installed plugins. */
@RemotePort<PluginRepository>({
  find: { args: [String], result: nullable(Plugin), idempotent: true },
  list: { args: [PluginQuery], result: PluginPage, idempotent: true },
})
export abstract class PluginRepository {
  /** The plugin with this manifest id, or null. */
  abstract find(id: string): Promise<Plugin | null>;

  /** One page, ordered by id. */
  abstract list(query: PluginQuery): Promise<PluginPage>;
}
