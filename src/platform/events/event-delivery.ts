import { Injectable, Logger } from '@nestjs/common';
import { ArcanaConfig } from '../config/index.js';
import { RequestContext } from '../context/index.js';
import { PubSub } from '../coordination/index.js';
import type { OutboxOutcome } from '../database/index.js';
import { within } from '../time-limit/index.js';
import { envelopeOf, type DomainEvent, type EventRow } from './domain-event.js';
import { EventSubscribers } from './event-subscribers.js';

/** Topic on which every event is published for other processes. */
export const EVENTS_TOPIC = 'events';

/** First and longest pause before an event is delivered again, in milliseconds. */
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 30_000;
/** Time one subscriber may take with one event: the relay waits for it. */
const SUBSCRIBER_TIMEOUT_MS = 10_000;
/** A hold whose event does not come back so long after it was due was delivered elsewhere. */
const HOLD_MARGIN_MS = 5_000;
/** Events whose partial delivery is remembered. */
const REMEMBERED = 10_000;

/** As which the other processes stand among those who take an event. */
const OTHERS = 'other processes';

/** An event in hand. */
interface Offered {
  readonly row: EventRow;
  readonly event: DomainEvent;
  /** Who has not taken it, and why. */
  readonly failures: string[];
}

const inTime = (taken: Promise<void>): Promise<void> =>
  within(taken, SUBSCRIBER_TIMEOUT_MS, () => {
    throw new Error(`No answer within ${SUBSCRIBER_TIMEOUT_MS} ms.`);
  });

const retryIn = (attempts: number): number =>
  Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts, 16));

/**
 * Hands events to the subscribers of this process and publishes them for the others. An event counts as delivered when
 * every one of them has taken it; until then it comes again, to those that have not.
 */
@Injectable()
export class EventDelivery {
  readonly #logger = new Logger('Events');
  /** By event id: who has taken it. */
  readonly #taken = new Map<string, Set<string>>();
  /** By subject: when its oldest undelivered event is due again. Later ones must not overtake it. */
  readonly #held = new Map<string, { id: string; until: number }>();

  constructor(
    private readonly subscribers: EventSubscribers,
    private readonly pubSub: PubSub,
    private readonly config: ArcanaConfig,
  ) {}

  /** Delivers rows in the order given, one subject's strictly one after the other. */
  async deliver(rows: EventRow[]): Promise<OutboxOutcome> {
    const outcome: OutboxOutcome = { delivered: [], failed: [] };
    const offered: Offered[] = [];
    for (const row of rows) {
      const { subject } = row.body;
      const held = this.#held.get(subject);
      const now = Date.now();
      if (held && held.id !== row.id && held.until + HOLD_MARGIN_MS > now) {
        const error = `Waits for the earlier event ${held.id} of the same subject.`;
        outcome.failed.push({ id: row.id, error, retryInMs: Math.max(0, held.until - now) + FIRST_RETRY_MS });
        continue;
      }
      const each = { row, event: envelopeOf(row, this.config.observability.service_name) };
      const failures = await this.#toSubscribers(each);
      if (failures.length > 0) this.#hold(subject, row.id, retryIn(row.attempts));
      // Later ones go together with it to the other processes.
      else if (held?.id === row.id) this.#held.delete(subject);
      offered.push({ ...each, failures });
    }
    await this.#toOtherProcesses(offered);
    for (const { row, failures } of offered) {
      const { id } = row;
      const { subject } = row.body;
      const held = this.#held.get(subject);
      if (failures.length === 0) {
        this.#taken.delete(id);
        outcome.delivered.push(id);
      } else {
        const retryInMs = retryIn(row.attempts);
        // Of several that failed together, the first is waited for.
        if (!held || held.id === id || held.until < Date.now()) this.#hold(subject, id, retryInMs);
        outcome.failed.push({ id, error: failures.join('; '), retryInMs });
      }
    }
    return outcome;
  }

  /** @returns why subscribers of this process have not taken it */
  async #toSubscribers({ row, event }: Omit<Offered, 'failures'>): Promise<string[]> {
    const context = new RequestContext({
      requestId: row.correlation_id,
      protocol: 'system',
      ...(row.traceparent !== null && { traceparent: row.traceparent }),
      route: event.type,
      causationId: event.id,
    });
    const failures: string[] = [];
    for (const { name, handle } of this.subscribers.of(event.type)) {
      if (this.#taken.get(row.id)?.has(name)) continue;
      try {
        // A handler that throws at once fails like one that rejects.
        const taken = RequestContext.run(context, async () => handle(event));
        await inTime(taken);
        this.#remember(row.id, name);
      } catch (error) {
        failures.push(this.#failed(name, row, error));
      }
    }
    return failures;
  }

  /** In one go: an event alone costs as much as a batch of them. */
  async #toOtherProcesses(offered: readonly Offered[]): Promise<void> {
    const waiting = offered.filter(({ row }) => !this.#taken.get(row.id)?.has(OTHERS));
    if (waiting.length === 0) return;
    try {
      await inTime(
        this.pubSub.publishAll(
          EVENTS_TOPIC,
          waiting.map(({ event }) => event),
        ),
      );
      for (const { row } of waiting) this.#remember(row.id, OTHERS);
    } catch (error) {
      // One that is too large must not keep the others.
      if (error instanceof RangeError && waiting.length > 1) {
        for (const each of waiting) await this.#toOtherProcesses([each]);
      } else for (const { row, failures } of waiting) failures.push(this.#failed(OTHERS, row, error));
    }
  }

  #failed(name: string, { id, body, attempts }: EventRow, error: unknown): string {
    const message = error instanceof Error ? error.message : String(error);
    this.#logger.warn({
      msg: `Event ${body.type} not taken by ${name}: ${message}`,
      event_id: id,
      attempts: attempts + 1,
    });
    return `${name}: ${message}`;
  }

  #remember(id: string, name: string): void {
    const names = this.#taken.get(id) ?? new Set();
    this.#taken.set(id, names.add(name));
    if (this.#taken.size > REMEMBERED) this.#taken.delete(this.#taken.keys().next().value!);
  }

  #hold(subject: string, id: string, milliseconds: number): void {
    const now = Date.now();
    for (const [other, { until }] of this.#held) if (until + HOLD_MARGIN_MS < now) this.#held.delete(other);
    this.#held.set(subject, { id, until: now + milliseconds });
  }
}
