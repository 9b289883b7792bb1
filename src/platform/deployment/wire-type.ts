import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { AppError, validationFailed } from '../errors/index.js';

type Constructor<T = object> = abstract new (...args: never[]) => T;

/** Nothing comes back: the method returns `Promise<void>`. */
export const Nothing = Symbol('Nothing');

interface Combined {
  readonly combine: 'list' | 'nullable' | 'optional';
  readonly of: WireType;
}

/**
 * What may cross a port: a scalar, a validated data class, or a combination of these. TypeScript erases parameter
 * types, so the receiving side knows what to validate only from here.
 */
export type WireType =
  | StringConstructor
  | NumberConstructor
  | BooleanConstructor
  | DateConstructor
  | typeof Nothing
  | Combined
  | Constructor;

/** An array of `of`. */
export const listOf = (of: WireType): Combined => ({ combine: 'list', of });
/** `of` or null: what a `find` answers. */
export const nullable = (of: WireType): Combined => ({ combine: 'nullable', of });
/** `of` or undefined: a trailing argument that may be left out. */
export const optional = (of: WireType): Combined => ({ combine: 'optional', of });

const isCombined = (type: WireType): type is Combined => typeof type === 'object' && 'combine' in type;

const SCALARS = new Map<WireType, (value: unknown) => boolean>([
  [String, (value) => typeof value === 'string'],
  [Number, (value) => typeof value === 'number'],
  [Boolean, (value) => typeof value === 'boolean'],
]);

const refuse = (path: string, message: string): AppError =>
  new AppError('VALIDATION_FAILED', { fields: [{ field: path, code: 'INVALID_TYPE', message }] });

/**
 * Rebuilds a value of `type` from JSON and validates it. Fields that the class does not know are dropped: the two
 * sides of a link may differ by one release.
 * @throws VALIDATION_FAILED naming every broken field.
 */
export function decode(type: WireType, value: unknown, path = 'value'): unknown {
  if (isCombined(type)) return decodeCombined(type, value, path);
  if (type === Nothing) return undefined;
  if (type === Date) return decodeDate(value, path);
  const isScalar = SCALARS.get(type);
  if (isScalar) {
    if (!isScalar(value)) throw refuse(path, `must be a ${(type as { name: string }).name.toLowerCase()}`);
    return value;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(path, 'must be an object');
  const instance = plainToInstance(type as new () => object, value);
  const errors: ValidationError[] = validateSync(instance, { whitelist: true, forbidUnknownValues: false });
  if (errors.length > 0) throw validationFailed(errors);
  return instance;
}

function decodeCombined(type: Combined, value: unknown, path: string): unknown {
  if (type.combine === 'list') {
    if (!Array.isArray(value)) throw refuse(path, 'must be an array');
    return value.map((item, index) => decode(type.of, item, `${path}.${index}`));
  }
  if (value === null || value === undefined) return type.combine === 'nullable' ? null : undefined;
  return decode(type.of, value, path);
}

function decodeDate(value: unknown, path: string): Date {
  const date = new Date(typeof value === 'string' ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) throw refuse(path, 'must be an RFC 3339 time');
  return date;
}
