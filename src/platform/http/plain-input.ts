import { AppError, fieldPath, MAX_FIELDS, type FieldError } from '../errors/index.js';

/** Objects and arrays inside one another. Whatever walks over the input afterwards does so by recursion. */
const MAX_DEPTH = 64;
/**
 * What class-transformer does with an object grows with the square of its members: 100,000 of them, which fit into one
 * body, would stop the process for most of a minute. This much takes it a tenth of a second.
 */
const MAX_SQUARED_MEMBERS = 30_000_000;
/** Members, elements, objects and arrays: each costs a little. */
const MAX_PARTS = 200_000;
/** Objects and arrays alone, which cost the most. */
const MAX_CONTAINERS = 20_000;

/** What every object has already: building a class from the input would drop members of these names, or fail on them. */
const RESERVED = new Set<string>([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

interface Place {
  readonly value: object;
  readonly path: string;
  readonly depth: number;
}

/**
 * Looks through all of an input before anything is built from it. Refused is what would otherwise be lost without a word.
 * @throws VALIDATION_FAILED naming the members whose names are reserved (`constructor`, `toString`, `__proto__`
 *   ...), the first 100;
 *   MALFORMED_REQUEST when it is nested deeper than 64 levels; PAYLOAD_TOO_LARGE when it has more members than can be
 *   looked through in a moment
 */
export function assertPlainInput(input: unknown): void {
  const waiting: Place[] = [];
  const broken: FieldError[] = [];
  let squares = 0;
  let parts = 0;
  let containers = 0;
  const visit = (value: unknown, path: string, depth: number): void => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
    if (depth > MAX_DEPTH) {
      throw new AppError('MALFORMED_REQUEST', {
        message: `The request is nested deeper than ${MAX_DEPTH} levels.`,
      });
    }
    waiting.push({ value, path, depth });
  };
  visit(input, '', 1);
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    const isArray = Array.isArray(place.value);
    const names = Object.keys(place.value);
    if (!isArray) squares += names.length ** 2;
    parts += names.length;
    containers++;
    if (squares > MAX_SQUARED_MEMBERS || parts > MAX_PARTS || containers > MAX_CONTAINERS) {
      throw new AppError('PAYLOAD_TOO_LARGE', { message: 'The request has too many members.' });
    }
    for (const name of names) {
      const path = fieldPath(place.path, name);
      if (!isArray && RESERVED.has(name)) {
        if (broken.length === MAX_FIELDS) break;
        broken.push({
          field: path,
          code: 'RESERVED_NAME',
          message: `${name} is no name that a field can have`,
        });
      } else {
        visit((place.value as Record<string, unknown>)[name], path, place.depth + 1);
      }
    }
  }
  if (broken.length > 0) throw new AppError('VALIDATION_FAILED', { fields: broken });
}
