import { Injectable, type ArgumentMetadata, type PipeTransform, type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { AppError, validationFailed } from '../errors/index.js';
import { plainInstance } from './plain-class.js';
import { assertPlainInput } from './plain-input.js';
import { isValidAtOnce } from './quick-check.js';
import { rememberValidationRules } from './validation-rules.js';

/** Parameters of these types are no data classes; what they must be is for their own pipes to say. */
const SCALARS = new Set<unknown>([String, Number, Boolean, Array, Object, undefined]);

const OPTIONS = {
  whitelist: true,
  forbidNonWhitelisted: true,
  // Classes without a rule describe requests without a field.
  forbidUnknownValues: false,
  validationError: { target: false, value: false },
} as const;

/**
 * The one validation pipe, for REST and gRPC: data classes are built and checked, unknown fields refused, every broken
 * field reported at once. Unlike Nest's own it never waits, never drops a member in silence, and tells a body that is
 * no object from one without fields.
 */
@Injectable()
export class RequestValidationPipe implements PipeTransform {
  constructor() {
    rememberValidationRules();
  }

  /** @throws MALFORMED_REQUEST when the body is no object, VALIDATION_FAILED naming every broken field */
  transform(value: unknown, { metatype, type }: ArgumentMetadata): unknown {
    if (type === 'custom' || SCALARS.has(metatype)) return value;
    if (type === 'body' && (typeof value !== 'object' || value === null || Array.isArray(value))) {
      throw new AppError('MALFORMED_REQUEST', { message: 'The body must be a JSON object.' });
    }
    assertPlainInput(value);
    const members = value ?? {};
    const target = metatype as Type<object>;
    const instance: object = plainInstance(target, members) ?? plainToInstance(target, members);
    if (isValidAtOnce(target, instance)) return instance;
    const errors = validateSync(instance, OPTIONS);
    if (errors.length > 0) throw validationFailed(errors);
    return instance;
  }
}
