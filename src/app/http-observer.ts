import type { Logger } from 'pino';
import type { HttpObserver } from '../platform/http/index.js';
import type { ServerMetrics } from '../platform/observability/index.js';

/** Probes and scrapes come every few seconds for ever: they are counted, and logged at debug only. */
const QUIET = /^\/(health|metrics)(\/|$)/;

/** Counts every answered request and writes its line of the access log. */
export function httpObserver(metrics: ServerMetrics, logger: Logger): HttpObserver {
  const info = logger.isLevelEnabled('info');
  const debug = logger.isLevelEnabled('debug');
  return ({ method, route, status, seconds, context }) => {
    metrics.http(method, route, status, seconds);
    const quiet = QUIET.test(route);
    if (quiet ? !debug : !info) return;
    const line = {
      request_id: context.requestId,
      trace_id: context.trace.traceId,
      method,
      route,
      status,
      duration_ms: Math.round(seconds * 1e4) / 10,
      ip: context.ip,
      user_id: context.principal?.id,
    };
    if (quiet) logger.debug(line, 'request');
    else logger.info(line, 'request');
  };
}
