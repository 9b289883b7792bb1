import { Counter, type Registry } from 'prom-client';

/** What came of looking for a copy. `error`: the cache could not be asked. */
export type CacheResult = 'hit' | 'miss' | 'error';

/** Counts look-ups. Counted here and told when scraped: an increment of prom-client's costs more than the look-up. */
export class CacheMetrics {
  readonly #counts: Record<CacheResult, number> = { hit: 0, miss: 0, error: 0 };

  constructor(registry: Registry) {
    const counts = this.#counts;
    new Counter({
      name: 'arcana_cache_requests_total',
      help: 'Look-ups in the cache by what came of them; error: it could not be asked.',
      labelNames: ['result'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [result, count] of Object.entries(counts)) this.inc({ result }, count);
      },
    });
  }

  count(result: CacheResult): void {
    this.#counts[result]++;
  }
}
