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

export type OutboxRow = OutboxRowOf<'event', EventEffect> | OutboxRowOf<'job', JobEffect>;

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
   * that dies while delivering leaves its rows to the others.
   * @returns how many rows were claimed
   */
  relay(limit: number, deliver: (rows: OutboxRow[]) => Promise<OutboxOutcome>): Promise<number> {
    return this.database.transaction(async (tx) => {
      const rows: OutboxRow[] = await tx.query(
        `SELECT id, kind, body, correlation_id, traceparent, created_at, attempts
         FROM outbox WHERE next_attempt_at <= now()
         ORDER BY position LIMIT $1 FOR UPDATE SKIP LOCKED`,
        [limit],
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
          [id, error.slice(0, 2000), retryInMs],
        );
      }
      return rows.length;
    });
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
