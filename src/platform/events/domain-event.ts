import type { OutboxRow } from '../database/index.js';

/** A row of the outbox that is an event. */
export type EventRow = Extract<OutboxRow, { kind: 'event' }>;

/** An event as it is published and as subscribers get it: plain data, the same in every process. */
export interface DomainEvent<T extends object = object> {
  /** UUID v7. Delivery is at least once: subscribers are idempotent by this id. */
  readonly id: string;
  readonly type: string;
  readonly version: number;
  /** RFC 3339, UTC, with milliseconds. */
  readonly occurred_at: string;
  /** The service that wrote it. */
  readonly source: string;
  /** Ties together what one request caused. */
  readonly correlation_id: string;
  /** The event or job that caused it; null when a request did. */
  readonly causation_id: string | null;
  readonly data: T;
}

export const envelopeOf = (
  { id, body, correlation_id, created_at }: EventRow,
  source: string,
): DomainEvent => ({
  id,
  type: body.type,
  version: body.version,
  occurred_at: created_at.toISOString(),
  source,
  correlation_id,
  causation_id: body.causation_id ?? null,
  data: body.data,
});
