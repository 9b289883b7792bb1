import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import CircuitBreaker from 'opossum';
import { Gauge, Registry } from 'prom-client';
import { AppError } from '../errors/index.js';

/** Share of failures, in percent, that opens a breaker, counted over WINDOW_MS from VOLUME calls on. */
const FAILURES_PERCENT = 50;
const VOLUME = 5;
const WINDOW_MS = 10_000;
/** So long an open breaker refuses everything; then one call is let through as a probe. */
const OPEN_MS = 10_000;

type Work = () => Promise<unknown>;

/** What a dependency is given, and what it may do to its breaker. */
export interface BreakerOptions {
  /** Calls at once; more are refused without waiting. */
  readonly maxConcurrent: number;
  /** Whether an error says that the dependency is broken; a refusal of this one call does not. */
  readonly isFailure: (error: unknown) => boolean;
}

/**
 * One breaker for each dependency: while most calls fail, the rest is refused at once, so that callers do not queue up
 * behind something that is down. State: `arcana_circuit_breaker_state` (0 closed, 1 half-open, 2 open).
 */
@Injectable()
export class CircuitBreakers implements OnApplicationShutdown {
  readonly #breakers = new Map<string, CircuitBreaker<[Work]>>();
  readonly #state: Gauge<'dependency'>;

  constructor(registry: Registry) {
    this.#state = new Gauge({
      name: 'arcana_circuit_breaker_state',
      help: 'State of the circuit breaker of a dependency: 0 closed, 1 half-open, 2 open.',
      labelNames: ['dependency'],
      registers: [registry],
    });
  }

  /**
   * Runs `work`, which bounds its own time.
   * @param dependency a name from the code, never from a caller: it is a label
   * @throws what `work` throws; SERVICE_UNAVAILABLE without running it while the breaker is open or too many run
   */
  async run<T>(dependency: string, options: BreakerOptions, work: () => Promise<T>): Promise<T> {
    try {
      return (await this.#breaker(dependency, options).fire(work)) as T;
    } catch (error) {
      const code = (error as { code?: unknown } | null)?.code;
      if (code === 'EOPENBREAKER')
        throw new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: OPEN_MS / 1_000, cause: error });
      if (code === 'ESEMLOCKED')
        throw new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 1, cause: error });
      throw error;
    }
  }

  onApplicationShutdown(): void {
    for (const breaker of this.#breakers.values()) breaker.shutdown();
  }

  #breaker(dependency: string, { maxConcurrent, isFailure }: BreakerOptions): CircuitBreaker<[Work]> {
    const known = this.#breakers.get(dependency);
    if (known) return known;
    const breaker = new CircuitBreaker((work: Work) => work(), {
      name: dependency,
      timeout: false,
      capacity: maxConcurrent,
      errorThresholdPercentage: FAILURES_PERCENT,
      volumeThreshold: VOLUME,
      rollingCountTimeout: WINDOW_MS,
      resetTimeout: OPEN_MS,
      errorFilter: (error) => !isFailure(error),
    });
    const show = (state: number) => () => this.#state.set({ dependency }, state);
    breaker.on('close', show(0)).on('halfOpen', show(1)).on('open', show(2));
    show(0)();
    this.#breakers.set(dependency, breaker);
    return breaker;
  }
}
