/**
 * A map that forgets what was not used for longest when it would grow beyond its bounds.
 *
 * Source of the order: a Map iterates in the order of insertion, and what is used is inserted anew.
 */
export class BoundedMap<V> {
  readonly #entries = new Map<string, { value: V; weight: number }>();
  #weight = 0;

  /**
   * @param maxEntries how many it holds at most
   * @param maxWeight the sum of the weights given to {@link set}, whatever their unit
   * @param onForgotten told of what was forgotten for want of room
   */
  constructor(
    private readonly maxEntries: number,
    private readonly maxWeight = Number.POSITIVE_INFINITY,
    private readonly onForgotten?: (value: V) => void,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: V, weight = 0): void {
    this.delete(key);
    if (weight > this.maxWeight) return;
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    while (this.#entries.size > this.maxEntries || this.#weight > this.maxWeight) {
      const oldest = this.#entries.keys().next().value!;
      const forgotten = this.#entries.get(oldest)!;
      this.delete(oldest);
      this.onForgotten?.(forgotten.value);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }
}
