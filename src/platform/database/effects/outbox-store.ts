import { Injectable } from '@nestjs/common';
import { Database } from '../database.js';
import type { EventEffect, JobEffect } from './effects.js';

/** Notified at every commit that wrote outbox rows. */
export const OUTBOX_CHANNEL = 'arcana_outbox';

interface OutboxRowOf<K extends string, B> {
  /** Also the id of the event or job: a row relayed twice is recognised. */
  id: string;
  kind: K;
  body: B;
  correlation_id: string;
  traceparent: string | null;
  created_at: Date;
  attempts: number;
}

/** Whoever holds it delivers events: two at once could not keep the order of a subject. */
const EVENTS_LOCK = 7_239_043;

/** An event as it lies in the outbox. */
interface StoredEvent extends EventEffect {
  /** Id of the event or job that caused it; absent when a request did. */
  causation_id?: string;
}

export type OutboxRow = OutboxRowOf<'event', StoredEvent> | OutboxRowOf<'job', JobEffect>;

/** What became of the rows of one batch. */
export interface OutboxOutcome {
  delivered: string[];
  /** Kept, and offered again after the delay. */
  failed: { id: string; error: string; retryInMs: number }[];
}

/** The relay's view of the outbox. */
@Injectable()
export class OutboxStore {
  constructor(private readonly database: Database) {}

  /**
   * Claims up to `limit` due rows in the order they were written, hands them to `deliver`, and settles them in the
   * same transaction. Rows held by another relay are skipped, so any number of processes may relay at once; a process
   * that dies while delivering leaves its rows to the others. Events go to one relay at a time, and none before an
   * earlier event of its subject.
   * @returns how many rows were claimed
   */
  relay(limit: number, deliver: (rows: OutboxRow[]) => Promise<OutboxOutcome>): Promise<number> {
    return this.database.transaction(async (tx) => {
      // A statement of its own: the claim then sees what the last holder of the lock has settled.
      const [turn] = await tx.query<{ events: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS events', [
        EVENTS_LOCK,
      ]);
      const rows: OutboxRow[] = await tx.query(
        `SELECT id, kind, body, correlation_id, traceparent, created_at, attempts
         FROM outbox o WHERE next_attempt_at <= now() AND (kind = 'job' OR ($2 AND NOT EXISTS (
           SELECT FROM outbox e WHERE e.kind = 'event' AND e.subject = o.subject
             AND e.position < o.position AND e.next_attempt_at > now())))
         ORDER BY position LIMIT $1 FOR UPDATE OF o SKIP LOCKED`,
        [limit, turn?.events ?? false],
      );
      if (rows.length === 0) return 0;
      const outcome = await deliver(rows);
      if (outcome.delivered.length > 0) {
        await tx.query('DELETE FROM outbox WHERE id = ANY($1::uuid[])', [outcome.delivered]);
      }
      for (const { id, error, retryInMs } of outcome.failed) {
        await tx.query(
          `UPDATE outbox SET attempts = attempts + 1, last_error = $2,
             next_attempt_at = now() + $3 * interval '1 millisecond' WHERE id = $1`,
          [id, storable(error), retryInMs],
        );
      }
      return rows.length;
    });
  }

  /** Whether more than `limit` rows are due. Those that wait for another attempt are in nobody's way. */
  async isCrowded(limit: number): Promise<boolean> {
    const [row] = await this.database.read((manager) =>
      manager.query<{ due: number }[]>(
        `SELECT count(*)::int AS due FROM (SELECT FROM outbox WHERE next_attempt_at <= now() LIMIT $1) AS o`,
        [limit + 1],
      ),
    );
    return (row?.due ?? 0) > limit;
  }

  /** Rows that wait, and the age of the oldest in seconds. */
  async backlog(): Promise<{ waiting: number; oldestSeconds: number }> {
    const [row] = await this.database.read((manager) =>
      manager.query<{ waiting: string; oldest: string | null }[]>(
        `SELECT count(*) AS waiting, extract(epoch FROM now() - min(created_at)) AS oldest FROM outbox`,
      ),
    );
    return { waiting: Number(row?.waiting ?? 0), oldestSeconds: Number(row?.oldest ?? 0) };
  }
}

/** PostgreSQL takes neither NUL nor half a surrogate pair: text with one would keep the whole batch from being settled. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD').slice(0, 2000).toWellFormed();
