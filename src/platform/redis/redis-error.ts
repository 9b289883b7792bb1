import { AppError } from '../errors/index.js';

/** What ioredis says when the server did not answer: it is away, went away, or took too long. */
const UNREACHABLE =
  /enableOfflineQueue|Command timed out|Connection is closed|max retries per request|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND/i;
/** Answers of a server that cannot serve now: starting, failing over, out of memory, disk full. */
const UNABLE = /^(LOADING|READONLY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|BUSY|OOM|MISCONF) ?/;

/** Gives a failure of Redis the code that callers understand; errors of ours and unknown ones pass unchanged. */
export function translateRedisError(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  if (!UNREACHABLE.test(error.message) && !UNABLE.test(error.message)) return error;
  return new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2, cause: error });
}
