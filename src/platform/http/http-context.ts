import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { acceptRequestId, RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { problemHeaders, toProblem } from './problem.js';
import type { RouteTable } from './route-table.js';
import { PRIVATE_HEADERS, SECURITY_HEADERS } from './security-headers.js';

const CONTEXT = Symbol('arcana:context');
const TEMPLATE = Symbol('arcana:template');
const STARTED = Symbol('arcana:started');

interface Carrier {
  [CONTEXT]?: RequestContext;
  [TEMPLATE]?: string;
  [STARTED]?: number;
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
export const contextOf = (request: object): RequestContext | undefined => (request as Carrier)[CONTEXT];

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

/** Whether all of the request is here. Injected requests (tests, plugins) are no streams and always are. */
const hasArrived = ({ raw }: FastifyRequest): boolean => (raw as { complete?: boolean }).complete ?? true;

/** Answers with a problem document, from wherever there is no Nest filter. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: AppError): void {
  const problem = toProblem(error, request.url.split('?', 1)[0]!, contextOf(request));
  void reply.code(problem.status).headers(problemHeaders(error)).serializer(JSON.stringify).send(problem);
}

/**
 * The head of the request chain: request id, trace, time-out, and the headers that every answer has. Runs before every other hook, so that each answer, also
 * of a malformed request, carries its id.
 */
export function openRequestContexts(
  adapter: FastifyAdapter,
  timeoutMs: number,
  routes: RouteTable,
  observe: HttpObserver,
): void {
  adapter.setOnRequestHook((request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const { headers } = request;
    // Fastify makes this object anew at every access.
    const template = request.routeOptions.url ?? 'unmatched';
    const context = new RequestContext({
      requestId: acceptRequestId(headers['x-request-id']),
      protocol: 'http',
      traceparent: single(headers['traceparent']),
      deadline: Date.now() + timeoutMs,
      ip: request.ip,
      userAgent: headers['user-agent'],
      route: `${request.method} ${template}`,
    });
    const carrier = request as unknown as Carrier;
    carrier[CONTEXT] = context;
    carrier[TEMPLATE] = template;
    carrier[STARTED] = performance.now();
    const { raw } = reply;
    reply.header('x-request-id', context.requestId);
    reply.headers(request.url.startsWith('/api/') ? PRIVATE_HEADERS : SECURITY_HEADERS);
    const timer = setTimeout(() => {
      // What has not arrived by now was sent too slowly; what has, we took too long for.
      const timeout = new AppError(hasArrived(request) ? 'TIMEOUT' : 'REQUEST_TIMEOUT');
      context.abort(timeout);
      if (!reply.sent) sendProblem(request, reply, timeout);
    }, timeoutMs);
    raw.once('close', () => {
      clearTimeout(timer);
      if (!raw.writableFinished) context.abort(new AppError('CANCELLED'));
    });
    // Before CORS, which would take every OPTIONS for a preflight.
    if (request.method === 'OPTIONS' && headers['access-control-request-method'] === undefined) {
      const allow = routes.allowed(request.url.split('?', 1)[0]!);
      if (allow) {
        void reply.code(204).header('allow', allow.join(', ')).send();
        return;
      }
    }
    done();
  });
  adapter.setOnResponseHook((request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const carrier = request as unknown as Carrier;
    observe({
      method: request.method,
      route: carrier[TEMPLATE]!,
      status: reply.statusCode,
      seconds: (performance.now() - carrier[STARTED]!) / 1000,
      context: carrier[CONTEXT]!,
    });
    done();
  });
  // After the body was parsed: its events do not belong to the request's asynchronous context.
  adapter.getInstance().addHook('preHandler', (request, _reply, done) => {
    RequestContext.run(contextOf(request)!, done);
  });
}
