import { Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { OutboxStore } from '../database/index.js';
import { within } from '../time-limit/index.js';

/** A scrape does not wait longer for the outbox; an outbox that does not answer is left out. */
const READ_TIMEOUT_MS = 500;

type Backlog = Awaited<ReturnType<OutboxStore['backlog']>>;

/** The series of the outbox: a relay that is stuck shows as rows that grow older. Every process tells the same. */
@Injectable()
export class OutboxMetrics {
  #reading: Promise<Backlog | undefined> | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly store: OutboxStore,
  ) {
    this.#gauge('arcana_outbox_waiting', 'Events and jobs that wait to be relayed.', 'waiting');
    this.#gauge('arcana_outbox_oldest_seconds', 'Age of the oldest of them, 0 if none.', 'oldestSeconds');
  }

  #gauge(name: string, help: string, figure: keyof Backlog): void {
    const read = (): Promise<Backlog | undefined> => this.#read();
    // A second application in the same process takes the names over.
    this.registry.removeSingleMetric(name);
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        const backlog = await read();
        if (backlog) this.set(backlog[figure]);
        else this.remove();
      },
    });
  }

  /** One statement serves both gauges, and all scrapes that come while it runs. */
  async #read(): Promise<Backlog | undefined> {
    this.#reading ??= this.store
      .backlog()
      .catch(() => undefined)
      .finally(() => {
        this.#reading = undefined;
      });
    return within(this.#reading, READ_TIMEOUT_MS, () => undefined);
  }
}
