import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { knownJobs, type JobDefinition } from './job-definition.js';
import { handledJob, type JobWork } from './job-handler.js';

interface Handled {
  readonly definition: JobDefinition<object>;
  readonly work: JobWork<object>;
}

/** The handlers of this process, found among its providers; there is exactly one for every declared type of job. */
@Injectable()
export class JobHandlers implements OnModuleInit {
  readonly #byType = new Map<string, Handled>();

  constructor(private readonly discovery: DiscoveryService) {}

  /** @throws Error naming the type and the fix, when a handler is missing or there are two. */
  onModuleInit(): void {
    const classes = new Map<string, object>();
    for (const { instance, metatype } of this.discovery.getProviders()) {
      const definition = typeof metatype === 'function' ? handledJob(metatype) : undefined;
      if (!definition || !instance || !metatype) continue;
      const other = classes.get(definition.type);
      if (other !== undefined && other !== metatype) {
        throw new Error(
          `Two classes handle the job type ${definition.type} (${(other as { name: string }).name} and ${metatype.name}): remove one.`,
        );
      }
      classes.set(definition.type, metatype);
      this.#byType.set(definition.type, { definition, work: instance as JobWork<object> });
    }
    for (const { type } of knownJobs()) {
      if (!this.#byType.has(type)) {
        throw new Error(
          `No class handles the job type ${type}: list one with @JobHandler under the feature's jobs.`,
        );
      }
    }
  }

  find(type: string): Handled | undefined {
    return this.#byType.get(type);
  }

  /** Queues that this process can work on. */
  queues(): string[] {
    return [...new Set([...this.#byType.values()].map(({ definition }) => definition.queue))].sort();
  }
}
