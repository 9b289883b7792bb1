import compress from '@fastify/compress';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import type { RestSettings } from '../config/index.js';
import { ErrorFilter } from './error.filter.js';
import { openRequestContexts, type HttpObserver } from './http-context.js';
import { RouteTable } from './route-table.js';

/** What must be in place before Nest adds its routes. */
export function prepareHttp(
  adapter: FastifyAdapter,
  settings: RestSettings,
  observe: HttpObserver,
): RouteTable {
  const routes = new RouteTable(adapter.getInstance());
  openRequestContexts(adapter, settings.request_timeout_ms, routes, observe);
  return routes;
}

/** Everything after the request context and before the guards: CORS, compression, the error filter. */
export async function configureHttp(
  app: NestFastifyApplication,
  settings: RestSettings,
  routes: RouteTable,
): Promise<void> {
  if (settings.cors_origins.length > 0) {
    app.enableCors({
      origin: settings.cors_origins,
      credentials: false,
      allowedHeaders: [
        'authorization',
        'content-type',
        'if-match',
        'idempotency-key',
        'x-request-id',
        'traceparent',
      ],
      exposedHeaders: [
        'etag',
        'link',
        'location',
        'retry-after',
        'x-request-id',
        'ratelimit',
        'ratelimit-policy',
      ],
      maxAge: 600,
    });
  }
  await app.register(compress, {
    threshold: 1024,
    encodings: ['br', 'gzip', 'deflate'],
    // Requests are taken as they are: a few compressed bytes could ask for gigabytes.
    globalDecompression: false,
  });
  app.useGlobalFilters(new ErrorFilter(routes));
}
