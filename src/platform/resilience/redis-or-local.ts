import { Logger } from '@nestjs/common';
import type { Redis, RedisClients } from '../redis/index.js';

export interface Patience {
  /** A decision costs a request at most this: later than that, the local count decides. */
  patienceMs?: number;
  /** How long the server is left alone after a failure. */
  restMs?: number;
}

/** Asks Redis, and this process alone while Redis is away or slow: whoever is counted is neither let through nor refused. */
export class RedisOrLocal {
  readonly #logger = new Logger('RateLimiter');
  readonly #patienceMs: number;
  readonly #restMs: number;
  #restUntil = 0;
  #isLocal = false;

  /** @param what is counted, as the beginning of a sentence */
  constructor(
    private readonly clients: RedisClients,
    private readonly what: string,
    { patienceMs = 250, restMs = 1_000 }: Patience = {},
  ) {
    this.#patienceMs = patienceMs;
    this.#restMs = restMs;
  }

  /** @param shared any error of it is a failure of the server */
  run<T>(shared: (client: Redis) => Promise<T>, local: () => T): T | Promise<T> {
    if (performance.now() < this.#restUntil) return local();
    const client = this.clients.producer;
    if (client.status === 'ready') return this.#shared(shared(client), local);
    this.#noteLoss(`Redis is not connected (${client.status})`);
    return local();
  }

  async #shared<T>(answer: Promise<T>, local: () => T): Promise<T> {
    const patience = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => patience.reject(new Error(`no answer in ${this.#patienceMs} ms`)),
      this.#patienceMs,
    );
    try {
      const result = await Promise.race([answer, patience.promise]);
      this.#noteReturn();
      return result;
    } catch (error) {
      this.#restUntil = performance.now() + this.#restMs;
      this.#noteLoss((error as Error).message);
      return local();
    } finally {
      clearTimeout(timer);
    }
  }

  #noteLoss(reason: string): void {
    if (this.#isLocal) return;
    this.#isLocal = true;
    this.#logger.warn(`${this.what} are counted by this process alone until Redis answers again: ${reason}.`);
  }

  #noteReturn(): void {
    if (!this.#isLocal) return;
    this.#isLocal = false;
    this.#logger.log(`${this.what} are counted in Redis again.`);
  }
}
