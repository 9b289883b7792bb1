/** Names of gRPC status codes as in google.rpc.Code. */
export type GrpcStatusName =
  | 'CANCELLED'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'UNAUTHENTICATED';

export interface CatalogueEntry {
  /** HTTP status of the problem document. */
  readonly http: number;
  readonly grpc: GrpcStatusName;
  /** How much the error concerns an operator. `info`, a caller's mistake, is logged at debug: callers must not fill the log. */
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** Short, constant summary: the `title` of the problem document. */
  readonly title: string;
  /** What a caller is told when the thrower has nothing more precise to say. */
  readonly message: string;
}

const entry = (
  http: number,
  grpc: GrpcStatusName,
  level: CatalogueEntry['level'],
  retryable: boolean,
  title: string,
  message: string,
): CatalogueEntry => ({ http, grpc, level, retryable, title, message });

/**
 * The closed set of top-level error codes. A code is a promise to clients: it is never renamed or used again for
 * something else. What is specific to one feature (EMAIL_TAKEN) is a {@link Reason} inside `errors[]`.
 */
export const CATALOGUE = {
  MALFORMED_REQUEST: entry(
    400,
    'INVALID_ARGUMENT',
    'info',
    false,
    'Malformed request',
    'The request could not be read.',
  ),
  VALIDATION_FAILED: entry(
    422,
    'INVALID_ARGUMENT',
    'info',
    false,
    'Validation failed',
    'One or more fields are not valid.',
  ),
  UNAUTHORIZED: entry(
    401,
    'UNAUTHENTICATED',
    'info',
    false,
    'Unauthorized',
    'Valid credentials are required.',
  ),
  TOKEN_EXPIRED: entry(401, 'UNAUTHENTICATED', 'info', false, 'Token expired', 'The token has expired.'),
  INVALID_CREDENTIALS: entry(
    401,
    'UNAUTHENTICATED',
    'info',
    false,
    'Invalid credentials',
    'The e-mail or the password is wrong.',
  ),
  FORBIDDEN: entry(403, 'PERMISSION_DENIED', 'info', false, 'Forbidden', 'You may not do this.'),
  NOT_FOUND: entry(404, 'NOT_FOUND', 'info', false, 'Not found', 'There is nothing here.'),
  METHOD_NOT_ALLOWED: entry(
    405,
    'UNIMPLEMENTED',
    'info',
    false,
    'Method not allowed',
    'This resource does not support that method.',
  ),
  CONFLICT: entry(
    409,
    'ALREADY_EXISTS',
    'info',
    false,
    'Conflict',
    'The request conflicts with the current state.',
  ),
  PRECONDITION_FAILED: entry(
    412,
    'FAILED_PRECONDITION',
    'info',
    false,
    'Precondition failed',
    'The resource has changed since you read it.',
  ),
  PAYLOAD_TOO_LARGE: entry(
    413,
    'RESOURCE_EXHAUSTED',
    'info',
    false,
    'Payload too large',
    'The request is larger than allowed.',
  ),
  UNSUPPORTED_MEDIA_TYPE: entry(
    415,
    'INVALID_ARGUMENT',
    'info',
    false,
    'Unsupported media type',
    'The body must be application/json.',
  ),
  TOO_MANY_REQUESTS: entry(
    429,
    'RESOURCE_EXHAUSTED',
    'warn',
    true,
    'Too many requests',
    'Too many requests; try again later.',
  ),
  REQUEST_TIMEOUT: entry(
    408,
    'DEADLINE_EXCEEDED',
    'info',
    true,
    'Request timeout',
    'The request took too long to arrive.',
  ),
  TIMEOUT: entry(
    504,
    'DEADLINE_EXCEEDED',
    'warn',
    true,
    'Timeout',
    'The work did not finish in the time allowed.',
  ),
  SERVICE_UNAVAILABLE: entry(
    503,
    'UNAVAILABLE',
    'warn',
    true,
    'Service unavailable',
    'A needed service is not available at the moment.',
  ),
  CANCELLED: entry(
    499,
    'CANCELLED',
    'debug',
    false,
    'Cancelled',
    'The caller left before the answer was ready.',
  ),
  INTERNAL_ERROR: entry(
    500,
    'INTERNAL',
    'error',
    false,
    'Internal error',
    'Something went wrong on our side.',
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof CATALOGUE;

/** The catalogue's entry for a code. */
export const catalogueEntry = (code: ErrorCode): CatalogueEntry => CATALOGUE[code];

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(CATALOGUE, value);
