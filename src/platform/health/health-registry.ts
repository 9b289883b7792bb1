import { Injectable } from '@nestjs/common';
import { within } from '../time-limit/index.js';

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

/** Something the process depends on. */
export interface HealthCheck {
  /** `database` */
  readonly name: string;
  /** Whether the process is not ready without it; otherwise it is only degraded. */
  readonly required: boolean;
  /** Resolves when the dependency answers, rejects when not. Bounded by {@link CHECK_TIMEOUT_MS} here. */
  check(): Promise<void>;
}

export interface ComponentHealth {
  name: string;
  status: HealthStatus;
  required: boolean;
  /** What is wrong, in words fit for strangers; absent when nothing is. */
  message?: string;
  checked_at: Date;
}

export interface HealthReport {
  status: HealthStatus;
  components: ComponentHealth[];
}

/** A check that takes longer counts as failed: probes come every few seconds and must not pile up. */
export const CHECK_TIMEOUT_MS = 2_000;
/** Answers this young are given again, so that any number of probes costs one check. */
export const CACHE_MS = 1_000;

/** Where features and platform rooms register what they depend on; the health feature reads it. */
@Injectable()
export class HealthRegistry {
  readonly #checks = new Map<string, HealthCheck>();
  readonly #listeners = new Set<() => void>();
  #started = false;
  #draining = false;
  #cached: { at: number; report: Promise<HealthReport> } | undefined;

  /** @throws Error when the name is taken */
  register(check: HealthCheck): void {
    if (this.#checks.has(check.name)) throw new Error(`The health check ${check.name} is registered twice.`);
    this.#checks.set(check.name, check);
    this.#cached = undefined;
  }

  /** The process has finished starting: migrations ran, listeners are open. */
  markStarted(): void {
    this.#started = true;
    this.#cached = undefined;
    this.#notify();
  }

  /**
   * The process is going away: it answers what it has and is ready for nothing new. What it depends on is not asked for
   * any more, so that who watches it hears of this at once, before the listeners close.
   */
  markDraining(): void {
    this.#draining = true;
    this.#notify();
  }

  get started(): boolean {
    return this.#started;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Told when the process starts or begins to drain. @returns a function that ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** State of every dependency, at most {@link CACHE_MS} old; of a process that drains, the last known. Never rejects. */
  report(): Promise<HealthReport> {
    const now = Date.now();
    const isOld = !this.#draining && now - (this.#cached?.at ?? 0) > CACHE_MS;
    if (!this.#cached || isOld) this.#cached = { at: now, report: this.#run() };
    return this.#cached.report;
  }

  async #run(): Promise<HealthReport> {
    const components = await Promise.all([...this.#checks.values()].map((check) => runCheck(check)));
    const worst = (['unhealthy', 'degraded'] as const).find((status) =>
      components.some((each) => each.status === status),
    );
    return { status: worst ?? 'healthy', components };
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

async function runCheck(dependency: HealthCheck): Promise<ComponentHealth> {
  const { name, required } = dependency;
  const checked_at = new Date();
  try {
    await within(dependency.check(), CHECK_TIMEOUT_MS, () => {
      throw new Error(`${name} did not answer in time`);
    });
    return { name, required, status: 'healthy', checked_at };
  } catch {
    // The cause may name hosts and users; the room that owns the dependency logs it.
    return {
      name,
      required,
      status: required ? 'unhealthy' : 'degraded',
      message: `${name} does not answer`,
      checked_at,
    };
  }
}
