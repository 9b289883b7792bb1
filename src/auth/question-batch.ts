import { AsyncLocalStorage } from 'node:async_hooks';
import { AppError } from '../platform/errors/index.js';

/** Ids asked for in one statement at most. */
const MAX_BATCH = 200;
/** Milliseconds between two statements per question of the first one, and at most. */
const PAUSE_PER_QUESTION_MS = 0.25;
const MAX_PAUSE_MS = 2;
/** A statement that takes longer does not keep the others waiting: its connection may be dead. */
const SLOW_MS = 100;
/** So many slow ones are passed by; when more are slow, it is not the connection but the database. */
const MAX_SLOW = 3;
/**
 * Questions that wait at most. Each holds the request that asks it: while the database does not answer, requests come,
 * run out of time and are answered, and their questions would still lie here.
 */
export const MAX_WAITING = 10_000;

interface Question<T> {
  readonly id: string;
  readonly resolve: (answer: T | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks for many sessions, or keys, in one statement. Every request needs an answer that is true now, so none is remembered; but
 * requests that arrive while the event loop is busy, or while a statement is on its way, can share the next one. It is
 * sent after each of them arrived, so none of them sees anything older than itself.
 *
 * A statement costs both sides more than the questions in it: when many share one, the next waits a little for more. A
 * caller who asks alone never waits.
 */
export class QuestionBatch<T> {
  #waiting: Question<T>[] = [];
  #scheduled = false;
  #running = 0;
  readonly #slow = new Set<Question<T>[]>();
  #nextAt = 0;
  /** The statement belongs to no single request: the context of the first one must not bound the others. */
  readonly #outside = AsyncLocalStorage.snapshot();

  /**
   * @param ask answers for what is alive of the ids, in any order
   * @param idOf the id that an answer is for
   * @param maxRunning statements on their way at once
   */
  constructor(
    private readonly ask: (ids: string[]) => Promise<T[]>,
    private readonly idOf: (answer: T) => string,
    private readonly maxRunning = 1,
  ) {}

  /** What has this id, if it is alive. Rejects with what `ask` rejects with; SERVICE_UNAVAILABLE when too many wait. */
  find(id: string): Promise<T | null> {
    if (this.#waiting.length >= MAX_WAITING)
      return Promise.reject(new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2 }));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (
      this.#scheduled ||
      this.#running >= this.maxRunning + Math.min(this.#slow.size, MAX_SLOW) ||
      this.#waiting.length === 0
    )
      return;
    this.#scheduled = true;
    const pause = this.#nextAt - performance.now();
    this.#outside(() =>
      pause >= 1 ? setTimeout(() => void this.#flush(), pause) : setImmediate(() => void this.#flush()),
    );
  }

  async #flush(): Promise<void> {
    this.#scheduled = false;
    const questions = this.#waiting.splice(0, MAX_BATCH);
    this.#nextAt = performance.now() + Math.min(questions.length * PAUSE_PER_QUESTION_MS, MAX_PAUSE_MS);
    this.#running++;
    const slow = setTimeout(() => {
      this.#slow.add(questions);
      this.#schedule();
    }, SLOW_MS);
    this.#schedule();
    try {
      const ids = [...new Set(questions.map(({ id }) => id))];
      const alive = new Map((await this.ask(ids)).map((answer) => [this.idOf(answer), answer]));
      for (const { id, resolve } of questions) resolve(alive.get(id) ?? null);
    } catch (error) {
      for (const { reject } of questions) reject(error);
    } finally {
      clearTimeout(slow);
      this.#slow.delete(questions);
      this.#running--;
      this.#schedule();
    }
  }
}
