import {
  catalogueEntry,
  isErrorCode,
  type CatalogueEntry,
  type ErrorCode,
  type GrpcStatusName,
} from './catalogue.js';

/** One broken field, or one reason that belongs to no field (`field` is then the empty string). */
export interface FieldError {
  field: string;
  code: string;
  message: string;
}

/** A limit of which nothing is left. */
export interface ReachedLimit {
  /** Name that callers see: lower case, digits, hyphens. */
  policy: string;
  /** What may be spent per window. */
  limit: number;
  window_seconds: number;
}

export interface AppErrorOptions {
  /** Safe for strangers: it is shown to the caller. */
  message?: string;
  fields?: FieldError[];
  /** Becomes Retry-After and google.rpc.RetryInfo. */
  retryAfterSeconds?: number;
  /** Which limit was reached: the RateLimit headers of the answer, in place of those of the request rate. */
  rateLimit?: ReachedLimit;
  /** Methods for the Allow header of a 405. */
  allow?: string[];
  /** Overrides the catalogue where one HTTP status has two gRPC meanings (409: ALREADY_EXISTS or ABORTED). */
  grpc?: GrpcStatusName;
  /** What really happened: logged, never sent. */
  cause?: unknown;
}

/** An {@link AppError} as it crosses a process boundary: code and parameters, no stack, no cause. */
export interface AppErrorWire {
  code: ErrorCode;
  message: string;
  fields?: FieldError[];
  retry_after_seconds?: number;
  rate_limit?: ReachedLimit;
  allow?: string[];
  grpc?: GrpcStatusName;
}

/**
 * The one error that crosses layers. Everything in it but `cause` and the stack may be shown to the caller.
 * `instanceof` is not used across processes: {@link AppError.fromWire} rebuilds it from code and parameters.
 */
export class AppError extends Error {
  readonly fields: FieldError[];
  readonly retryAfterSeconds: number | undefined;
  readonly rateLimit: ReachedLimit | undefined;
  readonly allow: string[] | undefined;
  private readonly grpcOverride: GrpcStatusName | undefined;

  constructor(
    readonly code: ErrorCode,
    options: AppErrorOptions = {},
  ) {
    super(
      options.message ?? catalogueEntry(code).message,
      options.cause === undefined ? {} : { cause: options.cause },
    );
    this.name = 'AppError';
    this.fields = options.fields ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.rateLimit = options.rateLimit;
    this.allow = options.allow;
    this.grpcOverride = options.grpc;
  }

  get entry(): CatalogueEntry {
    return catalogueEntry(this.code);
  }

  /** Name of the gRPC status this error is answered with. */
  get grpcStatus(): GrpcStatusName {
    return this.grpcOverride ?? this.entry.grpc;
  }

  toWire(): AppErrorWire {
    return {
      code: this.code,
      message: this.message,
      ...(this.fields.length > 0 && { fields: this.fields }),
      ...(this.retryAfterSeconds !== undefined && { retry_after_seconds: this.retryAfterSeconds }),
      ...(this.rateLimit && { rate_limit: this.rateLimit }),
      ...(this.allow && { allow: this.allow }),
      ...(this.grpcOverride && { grpc: this.grpcOverride }),
    };
  }

  /** Rebuilds an error that another process sent; an unknown code is an INTERNAL_ERROR of ours. */
  static fromWire(wire: AppErrorWire): AppError {
    if (!isErrorCode(wire.code)) {
      return new AppError('INTERNAL_ERROR', { cause: new Error(`unknown error code ${String(wire.code)}`) });
    }
    return new AppError(wire.code, {
      message: wire.message,
      ...(wire.fields && { fields: wire.fields }),
      ...(wire.retry_after_seconds !== undefined && { retryAfterSeconds: wire.retry_after_seconds }),
      ...(wire.rate_limit && { rateLimit: wire.rate_limit }),
      ...(wire.allow && { allow: wire.allow }),
      ...(wire.grpc && { grpc: wire.grpc }),
    });
  }
}
