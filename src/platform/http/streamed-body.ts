import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors/index.js';
import { streamingRequest } from './http-context.js';

interface StreamedBodyConfig {
  streamedBody?: readonly string[];
}

/**
 * The route takes bodies of these media types as streams of bytes ({@link openUpload}); every other route goes on
 * refusing them with 415. Guards run before the first byte is read.
 */
export const StreamedBody = (...types: string[]): MethodDecorator =>
  RouteConfig({ streamedBody: types } satisfies StreamedBodyConfig);

const streamedTypes = (config: unknown): readonly string[] =>
  (config as StreamedBodyConfig | undefined)?.streamedBody ?? [];

/** `text/csv; charset=utf-8` -> `text/csv` */
const mediaType = ({ headers }: FastifyRequest): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();

const refusedType = (types: readonly string[]): AppError =>
  new AppError(
    'UNSUPPORTED_MEDIA_TYPE',
    types.length > 0 ? { message: `The body must be ${types.join(' or ')}.` } : {},
  );

/** Lets the routes that are declared so have their bodies unread. Call it before the first route is added. */
export function acceptStreamedBodies(instance: FastifyInstance): void {
  instance.addHook('onRoute', ({ config }) => {
    for (const type of streamedTypes(config)) {
      if (instance.hasContentTypeParser(type)) continue;
      instance.addContentTypeParser(type, (request, payload, done) => {
        if (streamedTypes(request.routeOptions.config).includes(type)) done(null, payload);
        else done(refusedType([]));
      });
    }
  });
  // What nobody takes is refused by what its route takes: a form sent to a route of files hears of files.
  instance.addContentTypeParser('*', (request, _payload, done) => {
    done(refusedType(streamedTypes(request.routeOptions.config)));
  });
}

/** A body as it comes in. Reading it throws PAYLOAD_TOO_LARGE, CANCELLED when the client leaves, REQUEST_TIMEOUT. */
export interface Upload extends AsyncIterable<Buffer> {
  /** Media type, one of those that the route declared. */
  readonly type: string;
}

/**
 * The body of a route with {@link StreamedBody}. It may arrive for longer than a request may take, as long as it moves.
 * Nothing of it is read ahead of whoever iterates over it.
 * @throws UNSUPPORTED_MEDIA_TYPE for another type, a compressed body (a few bytes could ask for gigabytes), a charset
 *   other than UTF-8; PAYLOAD_TOO_LARGE when it says that it is
 */
export function openUpload(request: FastifyRequest, limitBytes: number): Upload {
  const types = streamedTypes(request.routeOptions.config);
  const type = mediaType(request);
  const {
    'content-encoding': encoding,
    'content-type': described,
    'content-length': length,
  } = request.headers;
  const refuse = (message: string) => new AppError('UNSUPPORTED_MEDIA_TYPE', { message });
  if (!types.includes(type)) throw refusedType(types);
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw refuse('The body must not be compressed.');
  }
  const charset = /;\s*charset="?([^";\s]+)/i.exec(described ?? '')?.[1];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') throw refuse('The body must be UTF-8.');
  if (Number(length ?? 0) > limitBytes) throw tooLarge(limitBytes);
  return { type, [Symbol.asyncIterator]: () => read(request, limitBytes) };
}

const tooLarge = (limitBytes: number): AppError =>
  new AppError('PAYLOAD_TOO_LARGE', { message: `The body is larger than ${limitBytes} bytes.` });

async function* read(request: FastifyRequest, limitBytes: number): AsyncGenerator<Buffer> {
  const streaming = streamingRequest(request);
  const { signal } = streaming.context;
  // Left before its end, it stays open: the answer still has to go out on its connection.
  const chunks = request.raw.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  let wake: (reason: Error) => void = () => undefined;
  // Node tells nothing to whoever waits for a body that was answered, with 408 say, before it was there.
  const stop = (): void => wake(signal.reason as AppError);
  signal.addEventListener('abort', stop);
  try {
    for (let bytes = 0; ;) {
      const next = await new Promise<IteratorResult<Buffer>>((resolve, reject) => {
        wake = reject;
        chunks.next().then(resolve, reject);
      });
      if (next.done === true) return;
      bytes += next.value.length;
      if (bytes > limitBytes) throw tooLarge(limitBytes);
      streaming.moved();
      yield next.value;
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    // The connection is gone: its client has left, or was too slow and was cut off.
    throw signal.aborted ? (signal.reason as AppError) : new AppError('CANCELLED', { cause });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
