import { AsyncLocalStorage } from 'node:async_hooks';

/** What the server has under some keys, in their order; null: nothing. */
export interface Texts {
  /** Milliseconds since 1970, by the clock of the server. */
  readonly at: number;
  readonly generation: string | null;
  /** How many invalidations there have been. */
  readonly order: number;
  readonly texts: readonly (string | null)[];
}

/** What was found for one copy. */
export interface Lookup extends Omit<Texts, 'texts'> {
  readonly text: string | null;
  /** The latest invalidation of one of its tags; 0 when there was none lately. */
  readonly mark: number;
}

interface Question {
  readonly keys: readonly [copy: string, ...marks: string[]];
  readonly resolve: (lookup: Lookup | undefined) => void;
}

/** Look-ups in one round trip at most. */
const MAX_BATCH = 200;
/** Milliseconds between two round trips per question of the first one, and at most. */
const PAUSE_PER_QUESTION_MS = 0.1;
const MAX_PAUSE_MS = 4;

/**
 * Asks for many copies in one round trip: questions that arrive while the event loop is busy share it. It is sent after
 * each of them arrived, so none of them sees anything older than itself.
 *
 * A round trip costs more than the questions in it: when many share one, the next waits a little for more. Who asks alone
 * never waits.
 */
export class RedisLookups {
  #waiting: Question[] = [];
  #nextAt = 0;
  /** The round trip belongs to no single request. */
  readonly #outside = AsyncLocalStorage.snapshot();

  /** @param ask answers for keys, or with undefined when the server could not; never rejects */
  constructor(private readonly ask: (keys: readonly string[]) => Promise<Texts | undefined>) {}

  /** @returns undefined when the server could not be asked */
  find(copy: string, marks: readonly string[]): Promise<Lookup | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push({ keys: [copy, ...marks], resolve });
      if (this.#waiting.length === 1) this.#outside(() => this.#schedule());
    });
  }

  #schedule(): void {
    const pause = this.#nextAt - performance.now();
    if (pause >= 1) setTimeout(() => this.#flush(), pause);
    else setImmediate(() => this.#flush());
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#nextAt = performance.now() + Math.min(waiting.length * PAUSE_PER_QUESTION_MS, MAX_PAUSE_MS);
    for (let from = 0; from < waiting.length; from += MAX_BATCH) {
      void this.#send(waiting.slice(from, from + MAX_BATCH));
    }
  }

  async #send(questions: readonly Question[]): Promise<void> {
    const index = new Map<string, number>();
    for (const { keys } of questions) for (const key of keys) if (!index.has(key)) index.set(key, index.size);
    const found = await this.ask([...index.keys()]);
    for (const { keys, resolve } of questions) {
      if (!found) {
        resolve(undefined);
        continue;
      }
      const [text, ...marks] = keys.map((key) => found.texts[index.get(key)!] ?? null);
      const { at, generation, order } = found;
      resolve({ at, generation, order, text: text ?? null, mark: Math.max(0, ...marks.map(Number)) });
    }
  }
}
