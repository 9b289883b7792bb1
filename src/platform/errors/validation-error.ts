import type { ValidationError } from 'class-validator';
import { AppError, type FieldError } from './app-error.js';

/** `isEmail` -> `IS_EMAIL`: constraint names of class-validator become codes a client can switch on. */
const constraintCode = (name: string): string =>
  name === 'whitelistValidation'
    ? 'UNKNOWN_FIELD'
    : name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();

/** Fields that are told at most: an answer stays small however much is wrong. */
const MAX_FIELDS = 100;

function collect(errors: ValidationError[], path: string, into: FieldError[]): void {
  for (const error of errors) {
    if (into.length >= MAX_FIELDS) return;
    const field = path === '' ? error.property : `${path}.${error.property}`;
    for (const [name, message] of Object.entries(error.constraints ?? {})) {
      into.push(
        name === 'whitelistValidation'
          ? { field, code: 'UNKNOWN_FIELD', message: `${error.property} is not a known field` }
          : { field, code: constraintCode(name), message },
      );
    }
    if (error.children?.length) collect(error.children, field, into);
  }
}

/** Turns class-validator's tree into one VALIDATION_FAILED with every broken field at once, the first 100. */
export function validationFailed(errors: ValidationError[]): AppError {
  const fields: FieldError[] = [];
  collect(errors, '', fields);
  return new AppError('VALIDATION_FAILED', { fields: fields.slice(0, MAX_FIELDS) });
}
