import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { RequestContext, traceparent } from '../../context/index.js';
import { newId } from '../id.js';
import { OUTBOX_CHANNEL } from './outbox-store.js';
import type { Effects } from './effects.js';

/**
 * The one writer of effects: events and jobs become outbox rows, audit entries rows of the append-only audit log, all
 * in the transaction of the change that caused them. Nothing else writes these tables.
 */
@Injectable()
export class EffectsWriter {
  /** @param tx the transaction of the change, as given by {@link Database.transaction} */
  async write(tx: EntityManager, effects: Effects): Promise<void> {
    const context = RequestContext.current();
    const correlationId = context?.requestId ?? newId();
    const trace = context ? traceparent(context.trace) : null;
    const rows = [
      ...effects.events.map((event) => ({
        id: event.id,
        kind: 'event',
        subject: event.subject,
        body: event,
      })),
      ...effects.jobs.map((job) => ({ id: job.id, kind: 'job', subject: job.queue, body: job })),
    ];
    if (rows.length > 0) {
      await tx.query(
        `INSERT INTO outbox (id, kind, subject, body, correlation_id, traceparent)
         SELECT r.id, r.kind, r.subject, r.body, $2, $3
         FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, kind text, subject text, body jsonb)`,
        [JSON.stringify(rows), correlationId, trace],
      );
      // Delivered when, and only when, the transaction commits.
      await tx.query(`NOTIFY ${OUTBOX_CHANNEL}`);
    }
    for (const entry of effects.audit) {
      await tx.query(
        `INSERT INTO audit_logs (id, action, actor_id, target_id, details, request_id, trace_id, ip, user_agent, route)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        [
          newId(),
          entry.action,
          context?.principal?.id ?? null,
          entry.target ?? null,
          entry.details ?? {},
          correlationId,
          context?.trace.traceId ?? null,
          context?.ip ?? null,
          context?.userAgent?.slice(0, 512) ?? null,
          context?.route ?? null,
        ],
      );
    }
  }
}
