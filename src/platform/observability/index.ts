/** Observability: the logger with request ids and redaction, the metrics registry and its series. */
export { createLogger, nestLogger } from './logger.js';
export { createRegistry, DatabaseMetrics, ServerMetrics } from './metrics.js';
export type { PoolSizes } from './metrics.js';
export { SigningKeyMetrics } from './signing-key-metrics.js';
export { stopTelemetry } from './telemetry.js';
export { ObservabilityModule } from './observability.module.js';
