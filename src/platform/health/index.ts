/** Health: the registry in which everything states what it depends on. The feature `health` answers probes from it. */
export { CACHE_MS, HealthRegistry } from './health-registry.js';
export type { ComponentHealth, HealthCheck, HealthReport, HealthStatus } from './health-registry.js';
export { HealthRegistryModule } from './health-registry.module.js';
