/** What is looked up: the name of a copy, and what it is a copy of. */
export interface CacheEntry {
  /** 1 to 200 printable ASCII characters without space: `live:01980c5e-...`. */
  readonly key: string;
  /** Names of what the value depends on, of the same form, at most 8: {@link Cache.invalidate} makes it worthless. */
  readonly tags: readonly string[];
}

/** Permission to store what is about to be read from its source. Void once a tag of its entry is invalidated. */
export interface CacheLease {
  readonly entry: CacheEntry;
}

/**
 * `hit`: the value. `miss`: ask the source, then {@link Cache.store} with the lease, if there is one. `unknown`: the cache
 * cannot be asked; ask the source.
 */
export type CacheAnswer =
  | { readonly result: 'hit'; readonly value: unknown }
  | { readonly result: 'miss'; readonly lease?: CacheLease }
  | { readonly result: 'unknown' };

/** Longest life of a copy that can be invalidated, in milliseconds: what the worst failure of a server can cost. */
export const MAX_TAGGED_TTL_MS = 5_000;
/** Longest life of a copy that nothing invalidates. */
const MAX_TTL_MS = 3_600_000;
/** Largest value, in bytes of its JSON. */
export const MAX_VALUE_BYTES = 65_536;

/**
 * Port: copies that are never older than the last act that made them worthless.
 *
 * The order of things makes it so. A reader looks first and reads the source then; a writer changes the source first and
 * invalidates then. Whoever looks after `invalidate` returned true gets no copy that was read before the change, and no
 * reader that had begun before it can store one afterwards.
 *
 * Nothing here throws because a server is away; every call is bounded in time.
 */
export abstract class Cache {
  /** Whether all processes on this database look at the same copies. If not, an act elsewhere invalidates nothing here. */
  abstract readonly isShared: boolean;

  /** Looks for a copy. @throws RangeError when `entry` breaks the form */
  abstract find(entry: CacheEntry): Promise<CacheAnswer>;

  /**
   * Stores what the source said, if the lease still holds.
   * @param value plain JSON data of at most 64 KiB; what is larger is not stored
   * @param ttlMs life of the copy, counted from the moment the lease was given: at most {@link MAX_TAGGED_TTL_MS} with
   *   tags, an hour without
   * @returns whether it was stored, as far as can be told
   */
  abstract store(lease: CacheLease, value: unknown, ttlMs: number): Promise<boolean>;

  /**
   * Makes every copy with one of these tags worthless, those on their way included.
   * @returns false when the cache could not be told: copies stored by now may be given until their life is over
   */
  abstract invalidate(tags: readonly string[]): Promise<boolean>;

  /** Whether values can be stored at this moment. @throws Error when not */
  abstract check(): Promise<void>;
}

const NAME = /^[!-~]{1,200}$/;

/** @throws RangeError when a key or a tag is none */
export function assertNames(names: readonly string[]): void {
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong !== undefined) {
    throw new RangeError(
      `"${wrong.slice(0, 40)}" is no key or tag of the cache: 1 to 200 printable ASCII characters without space.`,
    );
  }
}

/** @throws RangeError when the entry breaks the form */
export function assertEntry({ key, tags }: CacheEntry): void {
  assertNames([key]);
  assertNames(tags);
  if (tags.length > 8) throw new RangeError(`${key} has ${tags.length} tags: at most 8.`);
}

/** @throws RangeError when a copy may not live that long */
export function assertTtl({ key, tags }: CacheEntry, ttlMs: number): void {
  const max = tags.length > 0 ? MAX_TAGGED_TTL_MS : MAX_TTL_MS;
  if (!(ttlMs > 0 && ttlMs <= max)) {
    throw new RangeError(`A copy named ${key} may live for more than 0 and at most ${max} ms, not ${ttlMs}.`);
  }
}

/** The text that is stored; undefined when it is too large. @throws TypeError when `value` is no JSON data */
export function textOf(value: unknown): string | undefined {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError('Only JSON data can be stored.');
  return Buffer.byteLength(text) > MAX_VALUE_BYTES ? undefined : text;
}
