import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { knownJobs, type JobDefinition } from './job-definition.js';
import type { Priority } from './priority.js';
import { QueueProducers, type QueueCounts } from './queue-producers.js';

/** A scrape does not wait longer for the state of a queue; a queue that does not answer is left out. */
const COUNT_TIMEOUT_MS = 500;
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600];

type Named = Pick<JobDefinition<object>, 'queue' | 'type'>;

/** The series of the queue. Labels are bounded by the job types that this release declares. */
@Injectable()
export class QueueMetrics {
  readonly #counters: Record<'enqueued' | 'completed' | 'failed' | 'retried' | 'dead_lettered', Counter>;
  readonly #duration: Histogram;
  readonly #wait: Histogram;
  readonly #workers: Gauge;
  #counting: Promise<ReadonlyMap<string, QueueCounts>> | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly producers: QueueProducers,
  ) {
    this.#counters = {
      enqueued: this.#counter('enqueued', 'Jobs handed to the queue.'),
      completed: this.#counter('completed', 'Jobs that completed.'),
      failed: this.#counter('failed', 'Attempts that failed.'),
      retried: this.#counter('retried', 'Failed attempts after which another follows.'),
      dead_lettered: this.#counter('dead_lettered', 'Jobs that failed for good.'),
    };
    this.#duration = this.#histogram('arcana_job_duration_seconds', 'Time one attempt ran.');
    this.#wait = this.#histogram(
      'arcana_job_wait_seconds',
      'Time from when a job could start until it did, first attempts only.',
    );
    this.#workers = this.#gauge('arcana_workers_active', 'Workers of this process that fetch jobs.');
    this.#countGauge('pending', 'Jobs that wait for a worker.');
    this.#countGauge('active', 'Jobs being worked on.');
    this.#countGauge('delayed', 'Jobs that wait for their time.');
  }

  enqueued({ queue, type }: Named, count: number): void {
    this.#counters.enqueued.inc({ queue, type }, count);
  }

  completed({ queue, type }: Named): void {
    this.#counters.completed.inc({ queue, type });
  }

  /** An attempt failed, and another follows. */
  retried({ queue, type }: Named): void {
    this.#counters.failed.inc({ queue, type });
    this.#counters.retried.inc({ queue, type });
  }

  /** The last attempt failed. */
  failedForGood({ queue, type }: Named): void {
    this.#counters.failed.inc({ queue, type });
    this.deadLettered({ queue, type });
  }

  /** A job became a dead letter without an attempt. */
  deadLettered({ queue, type }: Named): void {
    this.#counters.dead_lettered.inc({ queue, type });
  }

  waited(type: string, priority: Priority, milliseconds: number): void {
    this.#wait.observe({ type, priority }, Math.max(0, milliseconds) / 1_000);
  }

  ran(type: string, priority: Priority, milliseconds: number): void {
    this.#duration.observe({ type, priority }, Math.max(0, milliseconds) / 1_000);
  }

  workerFetches(queue: string, fetches: boolean): void {
    this.#workers.set({ queue }, fetches ? 1 : 0);
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ ...this.#named(`arcana_jobs_${name}_total`, help), labelNames: ['queue', 'type'] });
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ ...this.#named(name, help), labelNames: ['type', 'priority'], buckets: SECONDS });
  }

  #gauge(name: string, help: string, collect?: (this: Gauge) => Promise<void>): Gauge {
    return new Gauge({ ...this.#named(name, help), labelNames: ['queue'], ...(collect && { collect }) });
  }

  #countGauge(name: keyof QueueCounts, help: string): void {
    const read = (): Promise<ReadonlyMap<string, QueueCounts>> => this.#counts();
    this.#gauge(`arcana_jobs_${name}`, help, async function () {
      const counts = await read();
      this.reset();
      for (const [queue, count] of counts) this.set({ queue }, count[name]);
    });
  }

  /** One exchange per queue serves all gauges of a scrape. */
  #counts(): Promise<ReadonlyMap<string, QueueCounts>> {
    this.#counting ??= this.#readCounts().finally(() => {
      this.#counting = undefined;
    });
    return this.#counting;
  }

  async #readCounts(): Promise<Map<string, QueueCounts>> {
    const found = new Map<string, QueueCounts>();
    const queues = [...new Set(knownJobs().map(({ queue }) => queue))];
    await Promise.all(
      queues.map(async (queue) => {
        const counts = await this.producers.counts(queue, COUNT_TIMEOUT_MS).catch(() => undefined);
        if (counts) found.set(queue, counts);
      }),
    );
    return found;
  }

  /** A second application in the same process takes the names over. */
  #named(name: string, help: string) {
    this.registry.removeSingleMetric(name);
    return { name, help, registers: [this.registry] };
  }
}
