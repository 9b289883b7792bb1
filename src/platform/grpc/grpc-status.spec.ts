import { Metadata } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { decodeError } from '../../../test/support/grpc-client.js';
import { AppError, CATALOGUE, defineReason, type ErrorCode } from '../errors/index.js';
import { toGrpcStatus } from './grpc-status.js';

/** What a client makes of it. */
const received = (error: unknown, requestId?: string) => {
  const { code, details, metadata } = toGrpcStatus(
    error,
    requestId === undefined ? undefined : { requestId },
  );
  const failure: ServiceError = Object.assign(new Error(), { code, details, metadata });
  return decodeError(failure);
};

describe('the gRPC status of an error', () => {
  it.each(Object.keys(CATALOGUE) as ErrorCode[])(
    '%s is that of the catalogue, with the code as its reason',
    (code) => {
      const { grpc, message } = CATALOGUE[code];
      expect(received(new AppError(code))).toMatchObject({
        code: grpc,
        sentence: message,
        details: { status: { message }, ErrorInfo: { reason: code, domain: 'arcana.cloud', metadata: {} } },
      });
    },
  );

  it('names every broken field with its reason', () => {
    const fields = [
      { field: 'email', code: 'IS_EMAIL', message: 'email must be an email' },
      { field: 'items.0.name', code: 'IS_STRING', message: 'name must be a string' },
    ];
    const error = received(new AppError('VALIDATION_FAILED', { fields }));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.details.BadRequest).toEqual({
      field_violations: [
        { field: 'email', description: 'email must be an email', reason: 'IS_EMAIL' },
        { field: 'items.0.name', description: 'name must be a string', reason: 'IS_STRING' },
      ],
    });
  });

  it('is the one that a reason asks for where its code has two', () => {
    const race = defineReason({
      reason: 'LOST_A_RACE',
      under: 'CONFLICT',
      message: 'Try again.',
      grpc: 'ABORTED',
    });
    expect(received(race.error())).toMatchObject({
      code: 'ABORTED',
      reason: 'CONFLICT',
      violations: { '': 'LOST_A_RACE' },
    });
  });

  it('tells when to try again, in whole seconds', () => {
    expect(received(new AppError('TOO_MANY_REQUESTS', { retryAfterSeconds: 1.2 })).details.RetryInfo).toEqual(
      {
        retry_delay: { seconds: 2, nanos: 0 },
      },
    );
    expect(received(new AppError('TOO_MANY_REQUESTS')).details.RetryInfo).toBeUndefined();
  });

  it('carries the request id', () => {
    const error = received(new AppError('NOT_FOUND'), 'abc');
    expect(error.details.RequestInfo).toMatchObject({ request_id: 'abc' });
    expect(error.details.ErrorInfo!.metadata).toEqual({ request_id: 'abc' });
    expect(error.trailers.get('x-request-id')).toEqual(['abc']);
  });

  it.each([new Error('password=hunter2'), 'hunter2', undefined, null, { message: 'hunter2' }])(
    'of %p shows nothing of it',
    (thrown) => {
      const error = received(thrown);
      expect(error).toMatchObject({ code: 'INTERNAL', reason: 'INTERNAL_ERROR' });
      const bytes = toGrpcStatus(thrown).metadata.get('grpc-status-details-bin')[0] as Buffer;
      expect(bytes.toString('latin1')).not.toContain('hunter2');
    },
  );

  it('shows nothing of a cause', () => {
    const { metadata } = toGrpcStatus(
      new AppError('SERVICE_UNAVAILABLE', { cause: new Error('10.0.0.7 refused') }),
    );
    expect((metadata.get('grpc-status-details-bin')[0] as Buffer).toString('latin1')).not.toContain(
      '10.0.0.7',
    );
  });

  it('stays within the trailers that a client accepts, however many fields are broken', () => {
    const fields = Array.from({ length: 5000 }, (_, index) => ({
      field: `items.${index}`,
      code: 'IS_STRING',
      message: 'must be a string',
    }));
    const status = toGrpcStatus(new AppError('VALIDATION_FAILED', { fields, message: 'm'.repeat(100_000) }));
    const headers = new Metadata();
    headers.merge(status.metadata);
    const size = Object.entries(headers.toHttp2Headers()).flat().join('').length + status.details.length;
    expect(size).toBeLessThan(8192);
    expect(received(new AppError('VALIDATION_FAILED', { fields })).violations['items.0']).toBe('IS_STRING');
  });

  it('can be sent whatever characters its sentence has', () => {
    const { details } = toGrpcStatus(
      new AppError('NOT_FOUND', { message: `lone \ud800 and cut ${'😀'.repeat(300)}` }),
    );
    expect(() => encodeURI(details)).not.toThrow();
  });
});
