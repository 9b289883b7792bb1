import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { throwError, type Observable } from 'rxjs';
import { RequestContext } from '../context/index.js';
import { AppError, type ErrorCode } from '../errors/index.js';
import { toGrpcStatus } from '../grpc/index.js';
import { contextOf, sendProblem } from './http-context.js';
import type { RouteTable } from './route-table.js';

/** What Nest and Fastify answer by themselves, by status; anything else of theirs is our INTERNAL_ERROR. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'MALFORMED_REQUEST',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  408: 'REQUEST_TIMEOUT',
  413: 'PAYLOAD_TOO_LARGE',
  414: 'MALFORMED_REQUEST',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  431: 'MALFORMED_REQUEST',
};

/** Gives any thrown thing its place in the catalogue; the original is kept as the cause. */
export function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const status =
    thrown instanceof HttpException
      ? thrown.getStatus()
      : ((thrown as { statusCode?: unknown } | null | undefined)?.statusCode ?? 500);
  const code = typeof status === 'number' ? BY_STATUS[status] : undefined;
  return new AppError(code ?? 'INTERNAL_ERROR', { cause: thrown });
}

/** The one filter: renders problem+json or a gRPC status with details, and logs each error once: a caller's mistake at debug. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  readonly #logger = new Logger('Errors');

  constructor(private readonly routes: RouteTable) {}

  catch(thrown: unknown, host: ArgumentsHost): Observable<never> | undefined {
    const error = asAppError(thrown);
    if (host.getType() === 'rpc') {
      const context = RequestContext.current();
      this.#log(error, context);
      return throwError(() => toGrpcStatus(error, context));
    }
    const http = host.switchToHttp();
    this.#answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
    return undefined;
  }

  #answer(error: AppError, request: FastifyRequest, reply: FastifyReply): void {
    const context = contextOf(request);
    const unrouted = error.code === 'NOT_FOUND' && request.is404;
    const allow = unrouted ? this.routes.allowed(request.url.split('?', 1)[0]!) : null;
    const answer = allow ? new AppError('METHOD_NOT_ALLOWED', { allow }) : error;
    this.#log(answer, context);
    // The time-out may have answered already; there is nobody left to tell.
    if (!reply.sent) sendProblem(request, reply, answer);
  }

  #log(error: AppError, context: RequestContext | undefined): void {
    const line = {
      code: error.code,
      request_id: context?.requestId,
      route: context?.route,
      err: error.cause ?? undefined,
    };
    if (error.entry.level === 'error')
      this.#logger.error({ ...line, err: error.cause ?? error }, error.message);
    else if (error.entry.level === 'warn') this.#logger.warn(line, error.message);
    else this.#logger.debug({ ...line, err: undefined }, error.message);
  }
}
