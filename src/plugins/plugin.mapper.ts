import type { ListPluginsDto } from './dto/plugin.dto.js';
import { Plugin, PluginQuery } from './plugin.js';
import type { PluginEntity } from './plugin.entity.js';

/** Row to plugin, field by field: a new column is not shown until it is named here. */
export function toPlugin(row: PluginEntity): Plugin {
  return Object.assign(new Plugin(), {
    id: row.id,
    name: row.name,
    version: row.plugin_version,
    state: row.state,
    publisher: row.publisher,
    sha256: row.sha256,
    last_error: row.last_error,
    created_at: row.created_at,
    updated_at: row.updated_at,
  } satisfies Plugin);
}

/** What a caller asked for, with the defaults of a list. */
export function toPluginQuery({ page = 0, size = 10, state }: ListPluginsDto): PluginQuery {
  return Object.assign(new PluginQuery(), { page, size, ...(state !== undefined && { state }) });
}
