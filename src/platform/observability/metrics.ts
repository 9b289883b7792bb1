import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { BUCKETS, Durations } from './durations.js';

/** HTTP methods that may be a label; anything else a client invents is `other`. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Sizes of a connection pool. */
export interface PoolSizes {
  total: number;
  idle: number;
  waiting: number;
}

/** A registry of its own per process object, so that several applications in one test do not share counters. */
export function createRegistry(): Registry {
  const registry = new Registry();
  // The delay of the event loop is sampled this often (milliseconds); at the default of 10 the timer alone keeps a
  // hundredth of a processor busy.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 50 });
  // Gauges that are named as counters: promtool refuses them, and the series they are the sums of remain.
  for (const name of ['handles', 'requests', 'resources'])
    registry.removeSingleMetric(`nodejs_active_${name}_total`);
  return registry;
}

/** Series of both servers. Labels are bounded: templates, never paths. */
export class ServerMetrics {
  readonly #http: Durations<'method' | 'route' | 'status'>;
  readonly #grpc: Durations<'grpc_service' | 'grpc_method' | 'grpc_code'>;

  constructor(registry: Registry) {
    this.#http = new Durations(
      registry,
      ['method', 'route', 'status'],
      { name: 'http_requests_total', help: 'Answered HTTP requests.' },
      { name: 'http_request_duration_seconds', help: 'Time from the request to the end of its answer.' },
    );
    this.#grpc = new Durations(
      registry,
      ['grpc_service', 'grpc_method', 'grpc_code'],
      { name: 'grpc_server_handled_total', help: 'Finished gRPC calls.' },
      { name: 'grpc_server_handling_seconds', help: 'Time from the call to its status.' },
    );
  }

  http(method: string, route: string, status: number, seconds: number): void {
    this.#http.observe(seconds, METHODS.has(method) ? method : 'other', route, String(status));
  }

  grpc(service: string, method: string, code: string, seconds: number): void {
    this.#grpc.observe(seconds, service, method, code);
  }
}

/** Series of the database: the pool's state and the time of every statement. */
export class DatabaseMetrics {
  readonly #seconds: Histogram;

  constructor(registry: Registry, pool: () => PoolSizes) {
    this.#seconds = new Histogram({
      name: 'db_query_duration_seconds',
      help: 'Time of one SQL statement.',
      buckets: [...BUCKETS],
      registers: [registry],
    });
    new Gauge({
      name: 'db_pool_connections',
      help: 'Connections of the pool by state; waiting counts callers.',
      labelNames: ['state'],
      registers: [registry],
      collect() {
        const { total, idle, waiting } = pool();
        this.set({ state: 'active' }, total - idle);
        this.set({ state: 'idle' }, idle);
        this.set({ state: 'waiting' }, waiting);
      },
    });
  }

  query(seconds: number): void {
    this.#seconds.observe(seconds);
  }
}
