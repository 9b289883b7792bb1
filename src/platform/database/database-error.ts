import { QueryFailedError } from 'typeorm';
import { AppError, type Reason } from '../errors/index.js';

interface DriverError {
  code?: string;
  constraint?: string;
  message?: string;
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNIQUE_VIOLATION = '23505';
const QUERY_CANCELED = '57014';
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
const LOCK_NOT_AVAILABLE = '55P03';
/** Connection exceptions (08), insufficient resources (53), operator intervention (57P), system errors (58). */
const UNREACHABLE = /^(08|53|57P|58)/;
const UNREACHABLE_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EAI_AGAIN',
  'ENOENT',
]);
/** What pg says without a code: a full pool, a connection that ended under a query. */
const UNREACHABLE_MESSAGE =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Cannot use a pool after|connection timeout|not queryable|DataSource is not|Driver not Connected/i;

/**
 * The driver's own error inside TypeORM's wrapper. Told by its shape, not by its class: the Error that Node makes for a
 * broken socket is none where the code runs in a context of its own, as tests do.
 */
const driverError = (error: unknown): DriverError | undefined => {
  if (error instanceof QueryFailedError) return error.driverError as DriverError;
  return typeof error === 'object' && error !== null ? error : undefined;
};

/** Name of the unique constraint that `error` broke. */
export function brokenUniqueConstraint(error: unknown): string | undefined {
  const cause = error instanceof AppError ? error.cause : error;
  const driver = driverError(cause);
  return driver?.code === UNIQUE_VIOLATION ? driver.constraint : undefined;
}

/** `{ uq_users_email: EMAIL_TAKEN }`: turns a broken named constraint into its reason; anything else is thrown on. */
export function throwReasonOf(error: unknown, reasons: Readonly<Record<string, Reason>>): never {
  const constraint = brokenUniqueConstraint(error);
  const reason = constraint === undefined ? undefined : reasons[constraint];
  throw reason ? reason.error({ cause: error }) : error;
}

/** Gives a failure of the database the code that callers understand; errors of ours and unknown ones pass unchanged. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const driver = driverError(error);
  const code = driver?.code ?? '';
  if (code === QUERY_CANCELED) return new AppError('TIMEOUT', { cause: error });
  if (code === DEADLOCK_DETECTED || code === SERIALIZATION_FAILURE || code === LOCK_NOT_AVAILABLE) {
    return new AppError('CONFLICT', {
      message: 'Another request changed the same data at the same time; try again.',
      grpc: 'ABORTED',
      cause: error,
    });
  }
  if (
    UNREACHABLE.test(code) ||
    UNREACHABLE_SYSTEM.has(code) ||
    UNREACHABLE_MESSAGE.test(driver?.message ?? '')
  ) {
    return new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2, cause: error });
  }
  return error;
}
