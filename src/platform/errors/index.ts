/**
 * Errors: the closed catalogue of codes, the one error class that crosses layers and processes, and the reasons that
 * features declare under a code. How an error is rendered is the business of platform/http and platform/grpc.
 */
export { CATALOGUE, catalogueEntry, isErrorCode } from './catalogue.js';
export type { CatalogueEntry, ErrorCode, GrpcStatusName } from './catalogue.js';
export { AppError } from './app-error.js';
export type { AppErrorOptions, AppErrorWire, FieldError, ReachedLimit } from './app-error.js';
export { defineReason, knownReasons, Reason } from './reason.js';
export type { ReasonDefinition } from './reason.js';
export { fieldPath, MAX_FIELDS, validationFailed } from './validation-error.js';
