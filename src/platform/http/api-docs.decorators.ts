import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { ErrorCode, Reason } from '../errors/index.js';

/** Extension under which a route's documented errors wait for the document to be made. Removed from what is served. */
export const ERRORS_EXTENSION = 'x-arcana-errors';

/** An error that a route may answer with: a code, or a reason that stands under one. */
export type DocumentedError = ErrorCode | Reason;

export interface DocumentedErrorEntry {
  code: ErrorCode;
  /** Becomes the example's `errors[0].code`. */
  reason?: { field: string; code: string; message: string };
}

/**
 * The errors a route answers with besides those that follow from its declaration: who may call it (401, 403), a body
 * or parameters (400, 415, 422), whether it is counted (429), and the ones every route shares (500, 503, 504).
 */
export const ApiErrors = (...errors: DocumentedError[]): MethodDecorator & ClassDecorator =>
  applyDecorators(
    ApiExtension(
      ERRORS_EXTENSION,
      errors.map((error): DocumentedErrorEntry => {
        if (typeof error === 'string') return { code: error };
        const { under, field = '', reason, message } = error.definition;
        return { code: under, reason: { field, code: reason, message } };
      }),
    ),
  );
