import { BoundedMap } from './bounded-map.js';
import type { CacheMetrics } from './cache-metrics.js';
import {
  assertEntry,
  assertNames,
  assertTtl,
  Cache,
  textOf,
  type CacheAnswer,
  type CacheEntry,
  type CacheLease,
} from './cache.js';

interface Lease extends CacheLease {
  /** How many invalidations there had been. */
  readonly order: number;
  /** Monotonic milliseconds. */
  readonly at: number;
}

interface Copy {
  /** JSON: whoever gets it gets one of their own. */
  readonly text: string;
  readonly order: number;
  readonly until: number;
}

const MAX_COPIES = 10_000;
const MAX_BYTES = 33_554_432;
const MAX_MARKS = 100_000;

/**
 * Copies in the memory of this process, at most 10,000 and 32 MiB. Other processes neither see nor invalidate them.
 *
 * Invalidations are numbered. A copy is worthless when one of its tags was invalidated after its lease was given; a mark
 * that is forgotten for want of room counts as one for every tag.
 */
export class MemoryCache extends Cache {
  override readonly isShared = false;
  readonly #copies: BoundedMap<Copy>;
  readonly #marks: BoundedMap<number>;
  #order = 0;
  #forgotten = 0;
  readonly #now: () => number;

  /** @param options.now monotonic clock in milliseconds */
  constructor(
    private readonly metrics: Pick<CacheMetrics, 'count'>,
    {
      maxCopies = MAX_COPIES,
      maxBytes = MAX_BYTES,
      maxMarks = MAX_MARKS,
      now = () => performance.now(),
    } = {},
  ) {
    super();
    this.#copies = new BoundedMap(maxCopies, maxBytes);
    this.#marks = new BoundedMap(maxMarks, undefined, (order) => {
      this.#forgotten = Math.max(this.#forgotten, order);
    });
    this.#now = now;
  }

  /** Copies kept at this moment, those included whose life is over. */
  get size(): number {
    return this.#copies.size;
  }

  override find(entry: CacheEntry): Promise<CacheAnswer> {
    assertEntry(entry);
    const copy = this.#copies.get(entry.key);
    const now = this.#now();
    if (copy && copy.until > now && this.#holds(entry, copy.order)) {
      this.metrics.count('hit');
      return Promise.resolve({ result: 'hit', value: JSON.parse(copy.text) as unknown });
    }
    if (copy) this.#copies.delete(entry.key);
    this.metrics.count('miss');
    const lease: Lease = { entry, order: this.#order, at: now };
    return Promise.resolve({ result: 'miss', lease });
  }

  override store(lease: CacheLease, value: unknown, ttlMs: number): Promise<boolean> {
    const { entry, order, at } = lease as Lease;
    assertTtl(entry, ttlMs);
    const text = textOf(value);
    const until = at + ttlMs;
    if (text === undefined || until <= this.#now() || !this.#holds(entry, order))
      return Promise.resolve(false);
    this.#copies.set(entry.key, { text, order, until }, Buffer.byteLength(text));
    return Promise.resolve(true);
  }

  override invalidate(tags: readonly string[]): Promise<boolean> {
    assertNames(tags);
    this.#order++;
    for (const tag of tags) this.#marks.set(tag, this.#order);
    return Promise.resolve(true);
  }

  override check(): Promise<void> {
    return Promise.resolve();
  }

  #holds({ tags }: CacheEntry, order: number): boolean {
    if (tags.length === 0) return true;
    return order >= this.#forgotten && tags.every((tag) => (this.#marks.get(tag) ?? 0) <= order);
  }
}
