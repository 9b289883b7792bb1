import { AppError, type AppErrorOptions } from './app-error.js';
import type { ErrorCode, GrpcStatusName } from './catalogue.js';

export interface ReasonDefinition {
  /** SCREAMING_SNAKE, unique in the product, never used again for something else. */
  reason: string;
  /** The top-level code this reason is answered under. */
  under: ErrorCode;
  /** The field that is to blame; empty when none is. */
  field?: string;
  message: string;
  grpc?: GrpcStatusName;
}

const known = new Map<string, Reason>();

/** What precisely went wrong, under one of the closed set of codes: `errors[0].code` of the answer. */
export class Reason {
  constructor(readonly definition: Readonly<ReasonDefinition>) {}

  /** The error to throw. */
  error(options: Omit<AppErrorOptions, 'fields' | 'grpc'> = {}): AppError {
    const { reason, under, field = '', message, grpc } = this.definition;
    return new AppError(under, {
      message,
      fields: [{ field, code: reason, message }],
      ...(grpc && { grpc }),
      ...options,
    });
  }

  /** Whether `error` was thrown for this reason, here or in another process. */
  matches(error: unknown): error is AppError {
    return error instanceof AppError && error.fields.some((field) => field.code === this.definition.reason);
  }
}

/**
 * Declares a reason; a feature's `*.errors.ts` holds nothing but these.
 * @throws Error when the name is taken, at import time, so that no code ever means two things.
 */
export function defineReason(definition: ReasonDefinition): Reason {
  if (known.has(definition.reason))
    throw new Error(`The error reason ${definition.reason} is declared twice.`);
  const reason = new Reason(definition);
  known.set(definition.reason, reason);
  return reason;
}

/** Every reason declared so far, for docs/errors.md and its test. */
export const knownReasons = (): Reason[] => [...known.values()];
