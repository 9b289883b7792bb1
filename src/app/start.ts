import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { BootstrapService } from '../auth/index.js';
import { productVersion, type ArcanaConfig } from '../platform/config/index.js';
import { Coordination } from '../platform/coordination/index.js';
import { OutboxRelay } from '../platform/events/index.js';
import { ArcanaGrpcServer, GrpcHealth } from '../platform/grpc/index.js';
import { HealthRegistry } from '../platform/health/index.js';
import {
  configureHttp,
  createHttpAdapter,
  createOpenApiDocument,
  serveOpenApi,
} from '../platform/http/index.js';
import { createRegistry, nestLogger, ServerMetrics } from '../platform/observability/index.js';
import { JobQueue, WorkerHost } from '../platform/queue/index.js';
import { checkRedisDurability, openRedis, type RedisClients } from '../platform/redis/index.js';
import { AppModule } from './app.module.js';
import { banner } from './banner.js';
import { listenBootError } from './boot-error.js';
import { openDatabase, type DatabaseSession } from './database-session.js';
import { Drain, leastLimit } from './drain.js';
import { FEATURES } from './features.js';
import { httpObserver } from './http-observer.js';
import { startManagementServer } from './management-server.js';

/** A running process. */
export interface Application {
  readonly nest: NestFastifyApplication;
  /** Base URL of REST, on the address a local client would use. */
  readonly restUrl: string;
  /** host:port of gRPC. */
  readonly grpcTarget: string;
  readonly managementUrl: string;
  /** What a person at the terminal is told. */
  readonly banner: string;
  /**
   * Drains and closes everything, the embedded database last.
   * @param limitMs time it may take; `server.shutdown_timeout_ms` when absent
   */
  close(limitMs?: number): Promise<void>;
}

/**
 * Starts a process that has every layer.
 * @throws BootError, ConfigurationError, EmbeddedServerError; whatever was opened is closed again
 */
export async function startApplication(config: ArcanaConfig, logger: Logger): Promise<Application> {
  const drain = new Drain(logger);
  try {
    return await open(config, logger, drain);
  } catch (error) {
    await drain.run(config.server.shutdown_timeout_ms);
    throw error;
  }
}

async function open(config: ArcanaConfig, logger: Logger, drain: Drain): Promise<Application> {
  const registry = createRegistry();
  const entities = FEATURES.flatMap((feature) =>
    feature.repositories.flatMap((binding) => [...(binding.entities ?? [])]),
  );
  const database = await openDatabase(config, entities, logger, registry);
  drain.before('database', (limitMs) => database.close(limitMs));
  const redis = config.redis.url === undefined ? null : openRedis({ ...config.redis, url: config.redis.url });
  if (redis) {
    drain.before('redis', (limitMs) => redis.close(limitMs));
    await checkRedisDurability(redis, {
      production: config.environment === 'production',
      acceptVolatile: config.queue.accept_volatile_redis,
      timeoutMs: config.redis.command_timeout_ms,
    });
  }

  const metrics = new ServerMetrics(registry);
  const grpcHealth = new GrpcHealth();
  const requestsMs = leastLimit('listeners', config.server.shutdown_timeout_ms);
  const grpc = new ArcanaGrpcServer({
    settings: {
      ...config.server.grpc,
      shutdown_grace_ms: Math.min(config.server.grpc.shutdown_grace_ms, requestsMs),
    },
    health: grpcHealth,
    observe: (service, method, code, seconds) => metrics.grpc(service, method, code, seconds),
  });
  const nest = await createNest(config, logger, { database, redis, registry, metrics, grpc, requestsMs });
  const health = nest.get(HealthRegistry);
  if (redis) {
    // Without it limits are local and jobs wait in the outbox: degraded, and still ready.
    health.register({
      name: 'redis',
      required: false,
      check: async () => {
        await redis.requireReady().ping();
      },
    });
  }
  drain.before('coordination', () => nest.get(Coordination).close());
  drain.before('queue', (limitMs) =>
    // Twice: for what is still to be recorded, and for the connections.
    nest.get(JobQueue).close(limitMs / 2),
  );
  const management = await startManagementServer(config.server.management, registry, health);
  drain.before('management listener', () => management.close());

  const firstAdmin = await nest.get(BootstrapService).ensure();
  drain.before('listeners', () => closeListeners(nest, grpc));
  await listen(nest, config);
  await work(nest, drain);
  health.markStarted();
  grpcHealth.setServing('', true);
  drain.before('readiness', () => {
    health.markDraining();
    grpcHealth.setServing('', false);
    return Promise.resolve();
  });
  return describe(config, {
    nest,
    grpc,
    database,
    firstAdmin,
    managementPort: portOf(management.server.address()),
    drain,
  });
}

interface NestParts {
  database: DatabaseSession;
  redis: RedisClients | null;
  registry: ReturnType<typeof createRegistry>;
  metrics: ServerMetrics;
  grpc: ArcanaGrpcServer;
  /** Time that REST requests get to finish when the process stops. */
  requestsMs: number;
}

async function createNest(
  config: ArcanaConfig,
  logger: Logger,
  { database, redis, registry, metrics, grpc, requestsMs }: NestParts,
): Promise<NestFastifyApplication> {
  const { rest } = config.server;
  const { adapter, routes } = createHttpAdapter(rest, httpObserver(metrics, logger), requestsMs);
  const nest = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(FEATURES, { config, database, redis, registry }),
    adapter,
    { logger: nestLogger(logger), abortOnError: false, bodyParser: false },
  );
  await configureHttp(nest, rest, routes);
  nest.connectMicroservice({ strategy: grpc }, { inheritAppConfig: true });
  if (rest.docs) serveOpenApi(nest, createOpenApiDocument(nest, productVersion()));
  return nest;
}

async function listen(nest: NestFastifyApplication, config: ArcanaConfig): Promise<void> {
  const { rest, grpc } = config.server;
  await nest.startAllMicroservices().catch((cause: unknown) => {
    throw listenBootError('gRPC', 'ARCANA_SERVER__GRPC__PORT', grpc.host, grpc.port, cause);
  });
  await nest.listen({ port: rest.port, host: rest.host }).catch((cause: unknown) => {
    throw listenBootError('REST', 'ARCANA_SERVER__REST__PORT', rest.host, rest.port, cause);
  });
}

/** Closes both protocols at once, for each waits for what it has in hand; then the modules, which that work needed. */
async function closeListeners(nest: NestFastifyApplication, grpc: ArcanaGrpcServer): Promise<void> {
  await Promise.all([nest.getHttpAdapter().close(), grpc.close()]);
  await nest.close();
}

/** Begins to carry out what is enqueued, and the enqueueing of what was committed. Neither keeps the other waiting. */
async function work(nest: NestFastifyApplication, drain: Drain): Promise<void> {
  const workers = nest.get(WorkerHost);
  workers.start();
  drain.before('workers', (limitMs) => workers.stop(limitMs));
  const relay = nest.get(OutboxRelay);
  await relay.start();
  drain.before('outbox relay', (limitMs) => relay.stop(limitMs));
}

interface Described {
  nest: NestFastifyApplication;
  grpc: ArcanaGrpcServer;
  database: DatabaseSession;
  firstAdmin: { email: string; password: string } | null;
  managementPort: number;
  drain: Drain;
}

function describe(config: ArcanaConfig, parts: Described): Application {
  const { nest, grpc, database, firstAdmin, managementPort, drain } = parts;
  const restUrl = `http://${localHost(config.server.rest.host)}:${portOf(nest.getHttpServer().address())}`;
  const grpcTarget = `${localHost(config.server.grpc.host)}:${grpc.port}`;
  const managementUrl = `http://${localHost(config.server.management.host)}:${managementPort}`;
  let closing: Promise<void> | undefined;
  return {
    nest,
    restUrl,
    grpcTarget,
    managementUrl,
    banner: banner({
      version: productVersion(),
      environment: config.environment,
      rest: restUrl,
      grpc: grpcTarget,
      management: managementUrl,
      docs: config.server.rest.docs,
      database: database.description,
      queue:
        config.redis.url === undefined ? 'PostgreSQL (no ARCANA_REDIS__URL)' : 'Redis (ARCANA_REDIS__URL)',
      firstAdmin,
    }),
    close: (limitMs = config.server.shutdown_timeout_ms) => (closing ??= drain.run(limitMs)),
  };
}

/** The address that a client on this machine uses. */
const localHost = (host: string): string => (host === '0.0.0.0' || host === '::' ? 'localhost' : host);

const portOf = (address: unknown): number => (address as { port: number }).port;
