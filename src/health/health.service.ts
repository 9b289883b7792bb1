import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HealthRegistry, type HealthReport, type HealthStatus } from '../platform/health/index.js';
import { productVersion } from '../platform/config/index.js';
import { HealthRepository } from './health.repository.js';

export interface Health extends HealthReport {
  status: HealthStatus;
  version: string;
}

/** Judges this process: alive, started, ready. Every process answers for itself, so this service is never remote. */
@Injectable()
export class HealthService implements OnModuleInit {
  #migrated = false;

  constructor(
    private readonly registry: HealthRegistry,
    private readonly store: HealthRepository,
  ) {}

  onModuleInit(): void {
    this.registry.register({ name: 'database', required: true, check: () => this.store.ping() });
    this.registry.register({ name: 'migrations', required: true, check: () => this.#checkMigrations() });
  }

  /** The whole picture; a process on its way out is unhealthy, whatever its dependencies say. */
  async check(): Promise<Health> {
    const report = await this.registry.report();
    const status = this.registry.draining ? 'unhealthy' : report.status;
    return { ...report, status, version: productVersion() };
  }

  get started(): boolean {
    return this.registry.started;
  }

  get draining(): boolean {
    return this.registry.draining;
  }

  /** Told when the process has started or begins to drain. */
  onChange(listener: () => void): () => void {
    return this.registry.onChange(listener);
  }

  // A schema never gets older while a process runs, so the answer is asked for until it is yes.
  async #checkMigrations(): Promise<void> {
    if (this.#migrated) return;
    if (await this.store.hasPendingMigrations()) throw new Error('migrations are pending');
    this.#migrated = true;
  }
}
