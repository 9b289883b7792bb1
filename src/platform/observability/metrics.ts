import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds; from a cached answer to the request time-out. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

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
  collectDefaultMetrics({ register: registry });
  // Gauges that are named as counters: promtool refuses them, and the series they are the sums of remain.
  for (const name of ['handles', 'requests', 'resources'])
    registry.removeSingleMetric(`nodejs_active_${name}_total`);
  return registry;
}

/** Series of both servers. Labels are bounded: templates, never paths. */
export class ServerMetrics {
  readonly #httpTotal: Counter<'method' | 'route' | 'status'>;
  readonly #httpSeconds: Histogram<'method' | 'route' | 'status'>;
  readonly #grpcTotal: Counter<'grpc_service' | 'grpc_method' | 'grpc_code'>;
  readonly #grpcSeconds: Histogram<'grpc_service' | 'grpc_method' | 'grpc_code'>;

  constructor(registry: Registry) {
    const registers = [registry];
    const http = ['method', 'route', 'status'] as const;
    const grpc = ['grpc_service', 'grpc_method', 'grpc_code'] as const;
    this.#httpTotal = new Counter({
      name: 'http_requests_total',
      help: 'Answered HTTP requests.',
      labelNames: http,
      registers,
    });
    this.#httpSeconds = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the request to the end of its answer.',
      labelNames: http,
      buckets: BUCKETS,
      registers,
    });
    this.#grpcTotal = new Counter({
      name: 'grpc_server_handled_total',
      help: 'Finished gRPC calls.',
      labelNames: grpc,
      registers,
    });
    this.#grpcSeconds = new Histogram({
      name: 'grpc_server_handling_seconds',
      help: 'Time from the call to its status.',
      labelNames: grpc,
      buckets: BUCKETS,
      registers,
    });
  }

  http(method: string, route: string, status: number, seconds: number): void {
    const labels = { method: METHODS.has(method) ? method : 'other', route, status: String(status) };
    this.#httpTotal.inc(labels);
    this.#httpSeconds.observe(labels, seconds);
  }

  grpc(service: string, method: string, code: string, seconds: number): void {
    const labels = { grpc_service: service, grpc_method: method, grpc_code: code };
    this.#grpcTotal.inc(labels);
    this.#grpcSeconds.observe(labels, seconds);
  }
}

/** Series of the database: the pool's state and the time of every statement. */
export class DatabaseMetrics {
  readonly #seconds: Histogram;

  constructor(registry: Registry, pool: () => PoolSizes) {
    this.#seconds = new Histogram({
      name: 'db_query_duration_seconds',
      help: 'Time of one SQL statement.',
      buckets: BUCKETS,
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
