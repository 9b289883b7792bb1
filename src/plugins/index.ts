/** Plugins: what is installed. */
export { pluginsFeature } from './plugins.feature.js';
export { PluginsService } from './plugins.service.js';
export { Plugin, PluginPage, PluginQuery, PLUGIN_STATES } from './plugin.js';
export type { PluginState } from './plugin.js';
