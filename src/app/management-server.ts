import { fastify, type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { ManagementSettings } from '../platform/config/index.js';
import type { HealthRegistry } from '../platform/health/index.js';
import { listenBootError } from './boot-error.js';

/**
 * Health and metrics of this process on a port of their own, apart from the traffic of users: it answers when the API
 * is shed, and it can be closed to the outside. Open before the API and closed after it.
 */
export async function startManagementServer(
  settings: ManagementSettings,
  registry: Registry,
  health: HealthRegistry,
): Promise<FastifyInstance> {
  const server = fastify({ logger: false, forceCloseConnections: true });
  server.get('/health/live', () => ({ status: 'healthy' }));
  server.get('/health/startup', (_request, reply) => {
    if (!health.started) reply.code(503);
    return { status: health.started ? 'healthy' : 'unhealthy' };
  });
  server.get('/health/ready', async (_request, reply) => {
    const { status, components } = await health.report();
    const ready = health.started && !health.draining && status !== 'unhealthy';
    if (!ready) reply.code(503).header('retry-after', '1');
    return { status: ready ? status : 'unhealthy', components };
  });
  server.get('/metrics', async (_request, reply) => {
    reply.type(registry.contentType);
    return registry.metrics();
  });
  const { host, port } = settings;
  await server.listen({ host, port }).catch((cause: unknown) => {
    throw listenBootError('the management listener', 'ARCANA_SERVER__MANAGEMENT__PORT', host, port, cause);
  });
  return server;
}
