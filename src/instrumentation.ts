/**
 * Loaded by `node --import` before anything else: tracing has to wrap libraries before they are imported. Without an
 * OTLP endpoint nothing is wrapped and nothing is paid.
 */
import { ConfigurationError, loadConfig } from './platform/config/index.js';

try {
  const { observability } = loadConfig().config;
  if (observability.otlp_endpoint !== undefined) {
    const { startTelemetry } = await import('./platform/observability/telemetry.js');
    startTelemetry(observability.otlp_endpoint, observability.service_name);
  }
} catch (error) {
  // The application reads the same configuration next, and says in sentences what is wrong with it.
  if (!(error instanceof ConfigurationError)) throw error;
}
