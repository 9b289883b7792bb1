import { Metadata, status as Code } from '@grpc/grpc-js';
import type { RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { detail, encodeStatus, type Detail } from './rpc-details.js';

/** Trailer with the encoded google.rpc.Status; every gRPC library knows it. */
export const DETAILS_TRAILER = 'grpc-status-details-bin';
export const REQUEST_ID_KEY = 'x-request-id';

const DOMAIN = 'arcana.cloud';

/** Clients refuse trailers of more than 8 KiB by default; base64 makes a third more of the bytes counted here. */
const MAX_VIOLATION_BYTES = 4096;
const MAX_MESSAGE_LENGTH = 512;

/** What grpc-js and Nest take as a failed call. It is thrown as it is: it needs no stack. */
export interface GrpcStatus {
  code: Code;
  /** The sentence for the caller, sent as `grpc-message`. */
  details: string;
  metadata: Metadata;
}

/**
 * The gRPC answer for an error: status and sentence, and in the trailers a google.rpc.Status with ErrorInfo (`reason` is
 * the code of the catalogue), BadRequest (one violation per broken field, its `reason` the field's code), RetryInfo and
 * RequestInfo. What is not an AppError is INTERNAL_ERROR, and nothing of it is shown.
 *
 * @param context of the call; without one no request id is told
 */
export function toGrpcStatus(error: unknown, context?: Pick<RequestContext, 'requestId'>): GrpcStatus {
  const known = error instanceof AppError ? error : new AppError('INTERNAL_ERROR', { cause: error });
  const code = Code[known.grpcStatus];
  // A lone surrogate cannot be percent-encoded: grpc-js would throw while it answers.
  const message = known.message.toWellFormed().slice(0, MAX_MESSAGE_LENGTH).toWellFormed();
  const metadata = new Metadata();
  metadata.set(DETAILS_TRAILER, encodeStatus(code, message, detailsOf(known, context?.requestId)));
  if (context !== undefined) metadata.set(REQUEST_ID_KEY, context.requestId);
  return { code, details: message, metadata };
}

function detailsOf(error: AppError, requestId: string | undefined): Detail[] {
  const info = {
    reason: error.code,
    domain: DOMAIN,
    metadata: requestId === undefined ? {} : { request_id: requestId },
  };
  const details = [detail('ErrorInfo', info)];
  if (error.fields.length > 0) details.push(detail('BadRequest', { field_violations: violations(error) }));
  if (error.retryAfterSeconds !== undefined) {
    const seconds = Math.ceil(error.retryAfterSeconds);
    details.push(detail('RetryInfo', { retry_delay: { seconds, nanos: 0 } }));
  }
  if (requestId !== undefined) details.push(detail('RequestInfo', { request_id: requestId }));
  return details;
}

/** As many violations as the trailers of a client can take; the first are kept. */
function violations({ fields }: AppError): object[] {
  const kept: object[] = [];
  let bytes = 0;
  for (const { field, code, message } of fields) {
    bytes += Buffer.byteLength(field) + Buffer.byteLength(code) + Buffer.byteLength(message) + 8;
    if (bytes > MAX_VIOLATION_BYTES) break;
    kept.push({ field: field.toWellFormed(), description: message.toWellFormed(), reason: code });
  }
  return kept;
}
