import type { ValidationError } from 'class-validator';
import { AppError, type FieldError } from './app-error.js';

/** `isEmail` -> `IS_EMAIL`: constraint names of class-validator become codes a client can switch on. */
const constraintCode = (name: string): string =>
  name === 'whitelistValidation'
    ? 'UNKNOWN_FIELD'
    : name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();

/** Fields that are told at most: an answer stays small however much is wrong. */
export const MAX_FIELDS = 100;
/** Characters of a field's path that are told at most: names of a stranger's making may be as long as a request. */
const MAX_PATH = 200;

/** The path of a field as it is told. @param path of what the field is in; empty: the request itself */
export function fieldPath(path: string, name: string): string {
  const whole = path === '' ? name : `${path}.${name}`;
  return whole.length <= MAX_PATH ? whole : `${whole.slice(0, MAX_PATH - 1).toWellFormed()}\u2026`;
}

function collect(errors: ValidationError[], path: string, into: FieldError[]): void {
  for (const error of errors) {
    if (into.length >= MAX_FIELDS) return;
    const field = fieldPath(path, error.property);
    for (const [name, message] of Object.entries(error.constraints ?? {})) {
      into.push(
        name === 'whitelistValidation'
          ? { field, code: 'UNKNOWN_FIELD', message: `${fieldPath('', error.property)} is not a known field` }
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
