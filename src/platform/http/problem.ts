import { type RequestContext } from '../context/index.js';
import type { AppError, FieldError } from '../errors/index.js';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** RFC 9457 problem document with our members. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  message: string;
  timestamp: string;
  request_id: string;
  trace_id: string;
  errors?: FieldError[];
}

/** Renders an error for REST. Only what the error marks as safe is in it. */
export function toProblem(error: AppError, instance: string, context: RequestContext | undefined): Problem {
  return {
    type: `urn:arcana:error:${error.code}`,
    title: error.entry.title,
    status: error.entry.http,
    detail: error.message,
    instance,
    code: error.code,
    message: error.message,
    timestamp: new Date().toISOString(),
    request_id: context?.requestId ?? '',
    trace_id: context?.trace.traceId ?? '',
    ...(error.fields.length > 0 && { errors: error.fields }),
  };
}

/** Headers that go with a status: 401 WWW-Authenticate, 405 Allow, 429 and 503 Retry-After. Source: RFC 9110, RFC 6750. */
export function problemHeaders(error: AppError): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': PROBLEM_CONTENT_TYPE,
    'cache-control': 'no-store',
  };
  if (error.entry.http === 401) {
    headers['www-authenticate'] =
      error.code === 'TOKEN_EXPIRED'
        ? 'Bearer realm="arcana", error="invalid_token", error_description="The token has expired"'
        : 'Bearer realm="arcana"';
  }
  // The rest of the upload would be read as the next request.
  if (error.code === 'REQUEST_TIMEOUT') headers['connection'] = 'close';
  if (error.allow) headers['allow'] = error.allow.join(', ');
  if (error.rateLimit) {
    const { policy, limit, window_seconds } = error.rateLimit;
    headers['ratelimit-policy'] = `"${policy}";q=${limit};w=${window_seconds}`;
    headers['ratelimit'] = `"${policy}";r=0;t=${Math.ceil(error.retryAfterSeconds ?? 1)}`;
  }
  if (error.retryAfterSeconds !== undefined)
    headers['retry-after'] = String(Math.ceil(error.retryAfterSeconds));
  else if (error.code === 'SERVICE_UNAVAILABLE' || error.code === 'TOO_MANY_REQUESTS')
    headers['retry-after'] = '1';
  return headers;
}
