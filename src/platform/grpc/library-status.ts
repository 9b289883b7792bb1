import { status as Code } from '@grpc/grpc-js';
import { AppError } from '../errors/index.js';

/** A status that did not come from our own error filter. */
export interface BareStatus {
  code?: number | null;
  details?: string | null;
}

/** How grpc-js 1.14 begins its sentences about messages that it could not read. */
const UNREADABLE = [
  'Error deserializing request',
  'Failed to decompress message',
  'Invalid grpc-timeout value',
] as const;

/**
 * What a status of grpc-js itself (a message too large, bytes that are no message, a deadline) or of code that bypassed the
 * error filter means in the catalogue. Its own text is not passed on.
 */
export function errorOfBareStatus({ code, details }: BareStatus): AppError {
  switch (code) {
    case Code.DEADLINE_EXCEEDED:
      return new AppError('TIMEOUT');
    case Code.CANCELLED:
      return new AppError('CANCELLED');
    case Code.RESOURCE_EXHAUSTED:
      return new AppError('PAYLOAD_TOO_LARGE', { message: 'The message is larger than allowed.' });
    case Code.UNIMPLEMENTED:
      return new AppError('METHOD_NOT_ALLOWED', { message: 'This method cannot be called like that.' });
    case Code.UNAVAILABLE:
      return new AppError('SERVICE_UNAVAILABLE');
    default:
      return UNREADABLE.some((text) => details?.startsWith(text))
        ? new AppError('MALFORMED_REQUEST')
        : new AppError('INTERNAL_ERROR', { cause: new Error(details ?? undefined) });
  }
}
