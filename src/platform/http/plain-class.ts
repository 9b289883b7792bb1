import type { Type } from '@nestjs/common';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';

const known = new WeakMap<Type<object>, boolean>();

/** Whether class-transformer has nothing to do for the members of a class: none is declared to be of another type. */
function isPlainClass(type: Type<object>): boolean {
  let isPlain = known.get(type);
  if (isPlain === undefined) {
    const { _typeMetadatas, _transformMetadatas, _exposeMetadatas, _excludeMetadatas } =
      defaultMetadataStorage;
    isPlain = true;
    for (let at: unknown = type; typeof at === 'function'; at = Object.getPrototypeOf(at)) {
      for (const declared of [_typeMetadatas, _transformMetadatas, _exposeMetadatas, _excludeMetadatas]) {
        if (declared.has(at)) isPlain = false;
      }
    }
    known.set(type, isPlain);
  }
  return isPlain;
}

/**
 * The instance that class-transformer would build, where that is a copy of members: most requests are a few texts and
 * numbers, and finding out for each of them that nothing is to be transformed takes longer than the rest of the check.
 *
 * @returns undefined when class-transformer has to do it
 */
export function plainInstance(type: Type<object>, members: object): object | undefined {
  if (!isPlainClass(type)) return undefined;
  for (const value of Object.values(members))
    if (typeof value === 'object' && value !== null) return undefined;
  return Object.assign(new type(), members);
}
