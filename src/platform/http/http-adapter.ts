import { FastifyAdapter } from '@nestjs/platform-fastify';
import fastify, {
  LogController,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Socket } from 'node:net';
import { TrustedProxies } from '../client-address/index.js';
import type { RestSettings } from '../config/index.js';
import { acceptRequestId } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { toProblem, PROBLEM_CONTENT_TYPE } from './problem.js';
import { openRequestContexts, sendProblem, type HttpObserver } from './http-context.js';
import { RouteTable } from './route-table.js';
import { acceptStreamedBodies } from './streamed-body.js';
import { textOfAnswer } from './written-once.js';

const SWEEP_MS = 50;
/** Time that requests get to finish when the listener closes; then their connections are cut. */
const CLOSE_LIMIT_MS = 10_000;
/** Time a client gets to read why its bytes were refused. */
const LINGER_MS = 1_000;

/** No Nest middleware is used: its layer would cost every request. */
class AdapterWithoutMiddleware extends FastifyAdapter {
  override init(): Promise<void> {
    return Promise.resolve();
  }
}

export interface HttpAdapter {
  adapter: FastifyAdapter;
  routes: RouteTable;
}

/**
 * The Fastify adapter with our limits and the head of the request chain. Whatever goes wrong before Nest is reached is a
 * problem document too.
 *
 * @param closeLimitMs how long requests may still run once the listener closes; then their connections are cut
 */
export function createHttpAdapter(
  settings: RestSettings,
  observe: HttpObserver,
  closeLimitMs = CLOSE_LIMIT_MS,
): HttpAdapter {
  const instance = fastify({
    logger: false,
    // Ours tells of each request once; Fastify's would be asked, and say nothing, three times.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: settings.body_limit_bytes,
    trustProxy: settings.trusted_proxies.length > 0 ? settings.trusted_proxies : false,
    keepAliveTimeout: settings.keep_alive_timeout_ms,
    // Node's own limit knows no routes: it is the longest of all, and ours, which do, are shorter.
    requestTimeout: settings.stream_timeout_ms,
    // A request that announces no body has none to be read: most have none, and reading nothing has a price.
    http: { headersTimeout: settings.headers_timeout_ms, optimizeEmptyRequests: true },
    // Takes no header of that name unless it is sane.
    requestIdHeader: false,
    genReqId: ({ headers }) => acceptRequestId(headers['x-request-id']),
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (_error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(request, reply, new AppError('MALFORMED_REQUEST')),
    clientErrorHandler: answerClientError,
  });
  // JSON is all we take; Fastify's own parsers would accept text as well.
  instance.removeContentTypeParser('text/plain');
  instance.setReplySerializer(textOfAnswer);
  // Before the adapter, which has hooks of its own for features of Nest: ours are the first.
  const routes = new RouteTable(instance);
  openRequestContexts(
    instance,
    { requestMs: settings.request_timeout_ms, streamMs: settings.stream_timeout_ms },
    routes,
    observe,
    new TrustedProxies(settings.trusted_proxies),
  );
  acceptStreamedBodies(instance);
  letGoOfConnections(instance, closeLimitMs);
  return { adapter: new AdapterWithoutMiddleware(instance), routes };
}

/**
 * Closing ends the connections that are idle at that moment. One that a request still runs on becomes idle afterwards,
 * and would be kept for its client until its keep-alive time is over: longer than a shutdown may take. A client that
 * does not finish sending is cut, because Node's own time limits for it end when the server closes.
 */
function letGoOfConnections(instance: FastifyInstance, limitMs: number): void {
  instance.addHook('preClose', (done) => {
    const sweep = setInterval(() => instance.server.closeIdleConnections(), SWEEP_MS);
    const limit = setTimeout(() => instance.server.closeAllConnections(), limitMs);
    instance.server.once('close', () => {
      clearInterval(sweep);
      clearTimeout(limit);
    });
    sweep.unref();
    done();
  });
}

/** Node could not make a request of what came: broken syntax, headers too large, headers that trickle in. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const slow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const problem = toProblem(new AppError(slow ? 'REQUEST_TIMEOUT' : 'MALFORMED_REQUEST'), '', undefined);
  const status = slow
    ? '408 Request Timeout'
    : error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : '400 Bad Request';
  const requestId = acceptRequestId(undefined);
  const body = JSON.stringify({ ...problem, status: Number.parseInt(status, 10), request_id: requestId });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nX-Request-Id: ${requestId}\r\nContent-Type: ${PROBLEM_CONTENT_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  // A client that does not end its side would keep half a connection for ever.
  socket.setTimeout(LINGER_MS, () => socket.destroy());
}
