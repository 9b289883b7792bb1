import compress from '@fastify/compress';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { RestSettings } from '../config/index.js';
import { isUncompressed } from './uncompressed.js';
import { ErrorFilter } from './error.filter.js';
import type { RouteTable } from './route-table.js';

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
      // Said here: what the library lets through by itself are the methods of plain forms.
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders: [
        'authorization',
        'content-type',
        'if-match',
        'idempotency-key',
        'x-request-id',
        'traceparent',
      ],
      exposedHeaders: [
        'content-disposition',
        'etag',
        'link',
        'location',
        'retry-after',
        'x-request-id',
        'ratelimit',
        'ratelimit-policy',
        'www-authenticate',
      ],
      maxAge: 600,
    });
  }
  // Before the plugin, which looks at the same options when a route is added.
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', (route) => {
      if (isUncompressed(route.config)) route.compress = false;
    });
  await app.register(compress, {
    threshold: 1024,
    encodings: ['br', 'gzip', 'deflate'],
    // Requests are taken as they are: a few compressed bytes could ask for gigabytes.
    globalDecompression: false,
  });
  app.useGlobalFilters(new ErrorFilter(routes));
}
