import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { TrustedProxies } from '../client-address/index.js';
import { RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { OpenRequest, OpenRequests } from './open-requests.js';
import { problemHeaders, toProblem } from './problem.js';
import type { RouteTable } from './route-table.js';
import { headersFor } from './security-headers.js';

const REQUEST = Symbol('arcana:request');

interface Carrier {
  [REQUEST]?: HttpRequest;
}

/** Told of every answered request; observability counts and logs it. */
export type HttpObserver = (seen: {
  method: string;
  /** Template of the route; `unmatched` when there was none. */
  route: string;
  status: number;
  seconds: number;
  context: RequestContext;
}) => void;

/** The context opened for a request; outside a handler (parser errors) AsyncLocalStorage does not carry it. */
export const contextOf = (request: object): RequestContext | undefined =>
  (request as Carrier)[REQUEST]?.context;

/** What streams a body or an answer tells of it. */
export type StreamingRequest = Pick<HttpRequest, 'context' | 'moved' | 'abandon'>;

/** The request as one that streams: its time begins anew, now and whenever it has `moved`. */
export function streamingRequest(request: object): StreamingRequest {
  const entry = (request as Carrier)[REQUEST]!;
  entry.moved();
  return entry;
}

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

const joined = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(',') : value;

/** Whether all of the request is here. Injected requests (tests, plugins) are no streams and always are. */
const hasArrived = ({ raw }: FastifyRequest): boolean => (raw as { complete?: boolean }).complete ?? true;

/** Answers with a problem document, from wherever there is no Nest filter. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: AppError): void {
  const problem = toProblem(error, request.url.split('?', 1)[0]!, contextOf(request));
  void reply.code(problem.status).headers(problemHeaders(error)).serializer(JSON.stringify).send(problem);
}

/**
 * Ends a connection so that its client notices. A reset, because an answer of HTTP/1.0 ends with its connection: closed in
 * order, half of it would pass for the whole.
 */
function cut(socket: Socket): void {
  // TLS tells an end from a cut by itself.
  if (socket instanceof TLSSocket || typeof socket.resetAndDestroy !== 'function') socket.destroy();
  else socket.resetAndDestroy();
}

/** Milliseconds. */
interface RequestTimes {
  /** For a whole request, or between two moves of a stream. */
  readonly requestMs: number;
  /** For a request that streams, however well it moves. */
  readonly streamMs: number;
}

/** One request from its head to the end of its answer. */
class HttpRequest extends OpenRequest {
  #ended = false;
  #isStreaming = false;

  constructor(
    readonly context: RequestContext,
    private readonly open: OpenRequests,
    private readonly times: RequestTimes,
    private readonly template: string,
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
    private readonly observe: HttpObserver,
  ) {
    super();
  }

  expire(): void {
    // What has not arrived by now was sent too slowly; what has, we took too long for.
    const timeout = new AppError(hasArrived(this.request) ? 'TIMEOUT' : 'REQUEST_TIMEOUT');
    this.context.abort(timeout);
    if (!this.reply.sent && !this.reply.raw.headersSent) sendProblem(this.request, this.reply, timeout);
    // The answer is under way, and its reader stands still; or it is given, and its client goes on sending.
    else if (this.#isStreaming || !hasArrived(this.request)) this.abandon(timeout.entry.http);
  }

  /** It moved: from now on it may last for as long as it goes on moving, within the time of a stream. */
  moved(): void {
    this.#isStreaming = true;
    if (performance.now() - this.began > this.times.streamMs) return;
    this.open.renew(this);
    this.context.prolong(Date.now() + this.times.requestMs);
  }

  /** The answer is given. What is still being sent is read and thrown away by Node, for as long as a request may take. */
  answered(): void {
    this.end(this.reply.statusCode);
    if (hasArrived(this.request)) {
      this.open.delete(this, this.request.socket);
      return;
    }
    this.open.renew(this);
    this.request.raw.once('close', () => this.open.delete(this, this.request.socket));
  }

  /** Cuts the connection in the middle of an answer. @param status to be counted instead of the one that was sent */
  abandon(status: number): void {
    this.end(status);
    cut(this.request.socket);
  }

  leave(): void {
    const cancelled = new AppError('CANCELLED');
    this.context.abort(cancelled);
    this.end(cancelled.entry.http);
  }

  /** Tells the observer, once. */
  end(status: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.observe({
      method: this.request.method,
      route: this.template,
      status,
      seconds: (performance.now() - this.began) / 1000,
      context: this.context,
    });
  }
}

/**
 * The head of the request chain: request id, trace, time-out, and the headers that every answer has. Runs before every other hook, so that each answer, also
 * of a malformed request, carries its id.
 */
export function openRequestContexts(
  instance: FastifyInstance,
  times: RequestTimes,
  routes: RouteTable,
  observe: HttpObserver,
  proxies: TrustedProxies,
): void {
  const open = new OpenRequests(times.requestMs);
  // Room in Fastify's own object: a property that is added later makes each request a shape of its own.
  instance.decorateRequest(REQUEST, undefined);
  instance.addHook('onRequest', (request, reply, done) => {
    const { headers, method, url } = request;
    // Fastify makes this object anew at every access.
    const template = request.routeOptions.url ?? 'unmatched';
    const context = new RequestContext({
      requestId: request.id,
      protocol: 'http',
      traceparent: single(headers['traceparent']),
      deadline: Date.now() + times.requestMs,
      // Not Fastify's: a word that is no address would be taken for one.
      ip: proxies.clientOf(request.socket.remoteAddress, joined(headers['x-forwarded-for'])),
      userAgent: headers['user-agent'],
      route: `${method} ${template}`,
    });
    const entry = new HttpRequest(context, open, times, template, request, reply, observe);
    (request as Carrier)[REQUEST] = entry;
    reply.headers(headersFor(url)).header('x-request-id', request.id);
    open.add(entry, request.socket);
    // Before CORS, which would take every OPTIONS for a preflight.
    if (method === 'OPTIONS' && headers['access-control-request-method'] === undefined) {
      const allow = routes.allowed(url.split('?', 1)[0]!);
      if (allow) {
        void reply.code(204).header('allow', allow.join(', ')).send();
        return;
      }
    }
    done();
  });
  instance.addHook('onResponse', (request, _reply, done) => {
    (request as Carrier)[REQUEST]!.answered();
    done();
  });
  // After the body was parsed: its events do not belong to the request's asynchronous context.
  instance.addHook('preHandler', (request, _reply, done) => {
    RequestContext.run(contextOf(request)!, done);
  });
}
