import type { Enum } from 'protobufjs';
import { CodecError, kindOf } from './codec-error.js';

const UNSPECIFIED = '_UNSPECIFIED';

/** How the values of one protobuf enum are spelt in JSON, DTOs and the database. */
export interface EnumWords {
  /** The word for a number; undefined for 0; the number itself as text when the enum does not know it. */
  wordOf(value: number): string | undefined;
  /** @throws CodecError when no value of the enum is spelt so */
  valueOf(word: unknown, where: string): number;
}

/**
 * The one rule between protobuf enums and contract words: the common prefix goes (`USER_ROLE_ADMIN` -> `ADMIN`), and what
 * is left is lower case (`admin`), except for states (an enum named `...State`), which keep their upper case (`PENDING`).
 *
 * An unknown number becomes its own text, so that validation refuses it under the name of its field instead of the
 * whole message being unreadable.
 */
export function enumWords(type: Enum): EnumWords {
  const zero = type.valuesById[0];
  if (!zero?.endsWith(UNSPECIFIED)) {
    throw new Error(`The protobuf enum ${type.fullName} needs a value 0 that ends with ${UNSPECIFIED}.`);
  }
  const prefix = zero.slice(0, -UNSPECIFIED.length + 1);
  const keepsCase = type.name.endsWith('State');
  const words = new Map<number, string>();
  const values = new Map<unknown, number>();
  for (const [name, value] of Object.entries(type.values)) {
    if (value === 0) continue;
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const word = keepsCase ? bare : bare.toLowerCase();
    words.set(value, word);
    values.set(word, value);
  }
  return {
    wordOf: (value) => (value === 0 ? undefined : (words.get(value) ?? String(value))),
    valueOf: (word, where) => {
      const value = values.get(word);
      if (value !== undefined) return value;
      throw new CodecError(where, `${kindOf(word)} is not one of ${[...values.keys()].join(', ')}`);
    },
  };
}
