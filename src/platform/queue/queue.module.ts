import { Global, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { RedisClients } from '../redis/index.js';
import { BullJobQueue } from './bull-job-queue.js';
import { JobHandlers } from './job-handlers.js';
import { JobLedger } from './job-ledger.js';
import { JobQueue } from './job-queue.js';
import { JobRunner } from './job-runner.js';
import { QueueConnection } from './queue-connection.js';
import { QueueMetrics } from './queue-metrics.js';
import { QueueProducers } from './queue-producers.js';
import { RecordRepair } from './record-repair.js';
import { RepeatingJobs } from './repeating-jobs.js';
import { WorkerHost, WorkerTuning } from './worker-host.js';

export interface QueueModuleOptions {
  /** PostgreSQL that holds the queue when there is no Redis. */
  readonly databaseUrl: string;
  readonly tuning?: Partial<WorkerTuning>;
}

/**
 * The job queue of a process: enqueue through {@link JobQueue}, run jobs by {@link WorkerHost}.
 *
 * Needs, from global modules: ArcanaConfig, RedisClients (or null), Lock, prom-client's Registry, and a feature that answers
 * for JobRecorder. The composition root calls `WorkerHost.start()` when the process is ready, and at the end
 * `WorkerHost.stop(ms)`, then `JobQueue.close(ms)`.
 */
@Global()
@Module({})
export class QueueModule {
  static forRoot({ databaseUrl, tuning }: QueueModuleOptions): DynamicModule {
    return {
      module: QueueModule,
      imports: [DiscoveryModule],
      providers: [
        {
          provide: QueueConnection,
          inject: [RedisClients],
          useFactory: (redis: RedisClients | null) => new QueueConnection(databaseUrl, redis),
        },
        { provide: WorkerTuning, useValue: Object.assign(new WorkerTuning(), tuning) },
        { provide: JobQueue, useClass: BullJobQueue },
        QueueProducers,
        QueueMetrics,
        JobLedger,
        JobHandlers,
        JobRunner,
        RecordRepair,
        RepeatingJobs,
        WorkerHost,
      ],
      exports: [JobQueue, WorkerHost],
    };
  }
}
