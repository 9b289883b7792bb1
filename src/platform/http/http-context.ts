import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
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

/** One request from its head to the end of its answer. */
class HttpRequest extends OpenRequest {
  #ended = false;

  constructor(
    readonly context: RequestContext,
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
    if (!this.reply.sent) sendProblem(this.request, this.reply, timeout);
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
  timeoutMs: number,
  routes: RouteTable,
  observe: HttpObserver,
  proxies: TrustedProxies,
): void {
  const open = new OpenRequests(timeoutMs);
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
      deadline: Date.now() + timeoutMs,
      // Not Fastify's: a word that is no address would be taken for one.
      ip: proxies.clientOf(request.socket.remoteAddress, joined(headers['x-forwarded-for'])),
      userAgent: headers['user-agent'],
      route: `${method} ${template}`,
    });
    const entry = new HttpRequest(context, template, request, reply, observe);
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
  instance.addHook('onResponse', (request, reply, done) => {
    const entry = (request as Carrier)[REQUEST]!;
    open.delete(entry, request.socket);
    entry.end(reply.statusCode);
    done();
  });
  // After the body was parsed: its events do not belong to the request's asynchronous context.
  instance.addHook('preHandler', (request, _reply, done) => {
    RequestContext.run(contextOf(request)!, done);
  });
}
