import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { AppError, validationFailed } from '../errors/index.js';
import { assertPlainInput } from './plain-input.js';

const SCALARS = new Set<unknown>([String, Number, Boolean, Array, Object, undefined]);

/**
 * The one validation pipe, for REST and gRPC: data classes are built and checked, unknown fields refused, every broken
 * field reported at once.
 */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => validationFailed(errors),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // Nest would take an array, or nothing at all, for an object without fields.
    if (metadata.type === 'body' && !SCALARS.has(metadata.metatype)) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new AppError('MALFORMED_REQUEST', { message: 'The body must be a JSON object.' });
      }
    }
    return super.transform(value, metadata) as Promise<unknown>;
  }

  /** Nest would remove such members in silence, and by recursion without a limit. */
  protected override stripProtoKeys(value: unknown): void {
    assertPlainInput(value);
  }
}
