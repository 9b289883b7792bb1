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
    for (const row of rows) {
      const { subject } = row.body;
      const held = this.#held.get(subject);
      const now = Date.now();
      if (held && held.id !== row.id && held.until + HOLD_MARGIN_MS > now) {
        const error = `Waits for the earlier event ${held.id} of the same subject.`;
        outcome.failed.push({ id: row.id, error, retryInMs: Math.max(0, held.until - now) + FIRST_RETRY_MS });
        continue;
      }
      const error = await this.#deliverOne(row);
      if (error === undefined) {
        if (held?.id === row.id) this.#held.delete(subject);
        this.#taken.delete(row.id);
        outcome.delivered.push(row.id);
      } else {
        const retryInMs = retryIn(row.attempts);
        this.#hold(subject, row.id, retryInMs);
        outcome.failed.push({ id: row.id, error, retryInMs });
      }
    }
    return outcome;
  }

  /** @returns why it is not delivered, or undefined when it is */
  async #deliverOne(row: EventRow): Promise<string | undefined> {
    const event = envelopeOf(row, this.config.observability.service_name);
    const context = new RequestContext({
      requestId: row.correlation_id,
      protocol: 'system',
      ...(row.traceparent !== null && { traceparent: row.traceparent }),
      route: event.type,
      causationId: event.id,
    });
    const takers = [
      ...this.subscribers.of(event.type),
      {
        name: 'other processes',
        handle: (published: DomainEvent) => this.pubSub.publish(EVENTS_TOPIC, published),
      },
    ];
    const failures: string[] = [];
    for (const { name, handle } of takers) {
      if (this.#taken.get(row.id)?.has(name)) continue;
      try {
        // A handler that throws at once fails like one that rejects.
        const taken = RequestContext.run(context, async () => handle(event));
        await within(taken, SUBSCRIBER_TIMEOUT_MS, () => {
          throw new Error(`No answer within ${SUBSCRIBER_TIMEOUT_MS} ms.`);
        });
        this.#remember(row.id, name);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        failures.push(`${name}: ${message}`);
        this.#logger.warn({
          msg: `Event ${event.type} not taken by ${name}: ${message}`,
          event_id: event.id,
          attempts: row.attempts + 1,
        });
      }
    }
    return failures.length > 0 ? failures.join('; ') : undefined;
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
