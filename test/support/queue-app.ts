import {
  Global,
  Injectable,
  Module,
  type DynamicModule,
  type Provider,
  type ValueProvider,
} from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import type { Job } from '../../src/jobs/dto/job.dto.js';
import { TypeOrmJobRecorder } from '../../src/jobs/job-recorder.typeorm.repository.js';
import { JobEntity } from '../../src/jobs/job.entity.js';
import { JobRepository } from '../../src/jobs/job.repository.js';
import { TypeOrmJobRepository } from '../../src/jobs/job.typeorm.repository.js';
import { ArcanaConfig } from '../../src/platform/config/index.js';
import { Coordination, CoordinationModule } from '../../src/platform/coordination/index.js';
import { DatabaseModule, createDataSource, runMigrations } from '../../src/platform/database/index.js';
import { EventsModule, OutboxRelay } from '../../src/platform/events/index.js';
import {
  JobQueue,
  JobRecorder,
  QueueModule,
  WorkerHost,
  prepareQueueSchema,
  type JobSnapshot,
  type JobState,
} from '../../src/platform/queue/index.js';
import { RedisModule, openRedis } from '../../src/platform/redis/index.js';
import {
  TestBriefWorkHandler,
  TestInternalWorkHandler,
  TestWorkDone,
  TestWorkHandler,
} from './queue-jobs.js';

/** Where a queue of the tests lives. */
export interface QueuePlace {
  readonly databaseUrl: string;
  /** Unset: the queue is on PostgreSQL. */
  readonly redisUrl?: string;
}

/** The real recorder, which also says what it has recorded. */
@Injectable()
export class ObservedRecorder extends TypeOrmJobRecorder {
  readonly seen: JobSnapshot[] = [];
  readonly #waiting = new Set<() => void>();

  override async record(snapshots: JobSnapshot[]): Promise<void> {
    await super.record(snapshots);
    this.seen.push(...snapshots);
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves when a record of the job in this state was written. */
  async reached(id: string, state: JobState): Promise<JobSnapshot> {
    const found = (): JobSnapshot | undefined =>
      this.seen.find((one) => one.id === id && one.state === state);
    while (!found()) {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.#waiting.delete(look);
          resolve();
        };
        this.#waiting.add(look);
      });
    }
    return found()!;
  }
}

export interface QueueApp {
  readonly nest: TestingModule;
  readonly queue: JobQueue;
  readonly host: WorkerHost;
  readonly relay: OutboxRelay;
  readonly work: TestWorkDone;
  readonly recorder: ObservedRecorder;
  readonly registry: Registry;
  readonly dataSource: DataSource;
  /** The job's record. */
  job(id: string): Promise<Job>;
  /** Stops what runs and closes everything. */
  close(): Promise<void>;
}

interface Options {
  /** Jobs run at once. */
  readonly concurrency?: number;
  readonly providers?: readonly Provider[];
  /** The time a stopping worker has, in milliseconds. */
  readonly stopMs?: number;
}

/** Prepares an empty database for the queue's tests. */
export async function migrate(databaseUrl: string): Promise<void> {
  const dataSource = createDataSource(settings(databaseUrl).database as never, []);
  await dataSource.initialize();
  try {
    await runMigrations(dataSource, () => prepareQueueSchema(databaseUrl));
  } finally {
    await dataSource.destroy();
  }
}

/** A process with queue, relay and test handlers; nothing is started. */
export async function openQueueApp(
  { databaseUrl, redisUrl }: QueuePlace,
  options: Options = {},
): Promise<QueueApp> {
  const config = settings(databaseUrl);
  config.queue.concurrency = options.concurrency ?? 1;
  config.queue.relay_poll_ms = 100;
  const registry = new Registry();
  const dataSource = createDataSource(config.database as never, [JobEntity]);
  await dataSource.initialize();
  const redis = openRedis({ url: redisUrl, command_timeout_ms: 2_000 });
  if (redis) await redis.whenReady(redis.producer, 5_000);
  const nest = await Test.createTestingModule({
    imports: [
      globals([
        { provide: ArcanaConfig, useValue: config },
        { provide: Registry, useValue: registry },
      ]),
      DatabaseModule.forRoot(dataSource),
      RedisModule.forRoot(redis),
      CoordinationModule.forRoot({ url: databaseUrl, connect_timeout_ms: 5_000 }),
      QueueModule.forRoot({
        databaseUrl,
        tuning: { lockMs: 1_000, stalledCheckMs: 300, graceMs: 50, reconnectMs: 200 },
      }),
      EventsModule.forRoot(),
    ],
    providers: [
      TestWorkDone,
      TestWorkHandler,
      TestBriefWorkHandler,
      TestInternalWorkHandler,
      { provide: JobRepository, useClass: TypeOrmJobRepository },
      { provide: JobRecorder, useClass: ObservedRecorder },
      ...(options.providers ?? []),
    ],
  }).compile();
  nest.useLogger(false);
  await nest.init();
  const host = nest.get(WorkerHost);
  const relay = nest.get(OutboxRelay);
  const queue = nest.get(JobQueue);
  return {
    nest,
    queue,
    host,
    relay,
    work: nest.get(TestWorkDone),
    recorder: nest.get<ObservedRecorder>(JobRecorder),
    registry,
    dataSource,
    job: async (id) => (await nest.get(JobRepository).find(id))!,
    close: async () => {
      await relay.stop();
      await host.stop(options.stopMs ?? 1_000);
      await queue.close(2_000);
      await nest.close();
      await nest.get(Coordination).close();
      await redis?.close(1_000);
      await dataSource.destroy();
    },
  };
}

function settings(databaseUrl: string): ArcanaConfig {
  const config = new ArcanaConfig();
  config.database.url = databaseUrl;
  config.database.max_connections = 5;
  return config;
}

function globals(providers: ValueProvider[]): DynamicModule {
  class TestGlobals {}
  Global()(TestGlobals);
  Module({})(TestGlobals);
  return { module: TestGlobals, providers, exports: providers.map(({ provide }) => provide) };
}
