import { Injectable, Logger } from '@nestjs/common';
import { ArcanaConfig } from '../config/index.js';
import { OUTBOX_CHANNEL, OutboxStore, type OutboxOutcome, type OutboxRow } from '../database/index.js';
import { PostgresListener, type Listening } from '../database/coordination/index.js';
import { JobQueue, type JobRow } from '../queue/index.js';
import { within } from '../time-limit/index.js';
import { EventDelivery } from './event-delivery.js';
import type { EventRow } from './domain-event.js';

/** How long a failing round keeps the next one waiting at most: a database that is away is not hammered. */
const MAX_FAULT_PAUSE_MS = 5_000;

/**
 * Carries what was committed with a change to where it belongs: jobs to their queue, events to their subscribers. Any
 * number of processes may do so at once. A row leaves the outbox only when it has arrived.
 */
@Injectable()
export class OutboxRelay {
  readonly #logger = new Logger('OutboxRelay');
  #listening: Listening | undefined;
  #loop: Promise<void> | undefined;
  #stopping = false;
  #isAnnounced = false;
  #wake: () => void = () => undefined;

  constructor(
    private readonly store: OutboxStore,
    private readonly jobs: JobQueue,
    private readonly events: EventDelivery,
    private readonly listener: PostgresListener,
    private readonly config: ArcanaConfig,
  ) {}

  /** Begins to relay. Wakes at every commit that wrote rows, and looks by itself from time to time. */
  async start(): Promise<void> {
    if (this.#loop) return;
    this.#loop = this.#run();
    const wake = (): void => this.#announce();
    this.#listening = await this.listener.listen(OUTBOX_CHANNEL, { onMessage: wake, onResync: wake });
  }

  /** Ends after the round in hand, which is waited for at most `deadlineMs`; its rows stay, should it not finish. */
  async stop(deadlineMs = 5_000): Promise<void> {
    this.#stopping = true;
    this.#announce();
    await within(Promise.all([this.#listening?.close(), this.#loop]), deadlineMs, () => undefined);
  }

  async #run(): Promise<void> {
    let faults = 0;
    while (!this.#stopping) {
      this.#isAnnounced = false;
      try {
        const claimed = await this.store.relay(this.config.queue.relay_batch, (rows) => this.#deliver(rows));
        faults = 0;
        // A full batch means that more may wait.
        if (claimed === this.config.queue.relay_batch) continue;
      } catch (error) {
        faults++;
        this.#logger.warn(`The outbox cannot be relayed now: ${(error as Error).message}`);
      }
      await this.#pause(this.config.queue.relay_poll_ms * Math.min(2 ** faults, 8), faults > 0);
    }
  }

  async #deliver(rows: OutboxRow[]): Promise<OutboxOutcome> {
    const jobs = rows.filter((row): row is JobRow => row.kind === 'job');
    const events = rows.filter((row): row is EventRow => row.kind === 'event');
    const [toQueue, toSubscribers] = await Promise.all([
      jobs.length > 0 ? this.jobs.deliver(jobs) : nothing(),
      events.length > 0 ? this.events.deliver(events) : nothing(),
    ]);
    for (const { id, error } of [...toQueue.failed, ...toSubscribers.failed]) {
      this.#logger.debug({ msg: `Kept in the outbox: ${error}`, row_id: id });
    }
    return {
      delivered: [...toQueue.delivered, ...toSubscribers.delivered],
      failed: [...toQueue.failed, ...toSubscribers.failed],
    };
  }

  #announce(): void {
    this.#isAnnounced = true;
    this.#wake();
  }

  /** @param deaf announcements do not shorten it */
  #pause(milliseconds: number, deaf: boolean): Promise<void> {
    if (this.#stopping || (this.#isAnnounced && !deaf)) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, deaf ? Math.min(milliseconds, MAX_FAULT_PAUSE_MS) : milliseconds);
      this.#wake = () => {
        if (deaf && !this.#stopping) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const nothing = (): OutboxOutcome => ({ delivered: [], failed: [] });
