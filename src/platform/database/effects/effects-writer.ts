import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { RequestContext, traceparent } from '../../context/index.js';
import { newId } from '../id.js';
import { OUTBOX_CHANNEL } from './outbox-store.js';
import type { AuditEffect, Effects } from './effects.js';

const MAX_USER_AGENT_LENGTH = 512;

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
    const cause = context?.causationId;
    const trace = context ? traceparent(context.trace) : null;
    const rows = [
      ...effects.events.map((event) => ({
        id: event.id,
        kind: 'event',
        subject: event.subject,
        body: cause === undefined ? event : { ...event, causation_id: cause },
      })),
      ...effects.jobs.map((job) => ({ id: job.id, kind: 'job', subject: job.queue, body: job })),
    ];
    if (rows.length > 0) {
      await tx.query(
        // The notification is delivered when, and only when, the transaction commits.
        `WITH written AS (
           INSERT INTO outbox (id, kind, subject, body, correlation_id, traceparent)
           SELECT r.id, r.kind, r.subject, r.body, $2, $3
           FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, kind text, subject text, body jsonb)
         )
         SELECT pg_notify($4, '')`,
        [JSON.stringify(rows), correlationId, trace, OUTBOX_CHANNEL],
      );
    }
    await this.#audit(tx, effects.audit, correlationId, context);
  }

  /** In one statement, however many. What a caller could make long is cut: an act is not refused for its traces. */
  async #audit(
    tx: EntityManager,
    entries: readonly AuditEffect[],
    requestId: string,
    context: RequestContext | undefined,
  ): Promise<void> {
    if (entries.length === 0) return;
    // With a key, its owner is the actor; which of the owner's keys it was has to be told as well.
    const key = context?.principal?.key_id;
    const rows = entries.map(({ action, target = null, details = {} }) => ({
      id: newId(),
      action,
      target_id: target,
      details: key === undefined ? details : { ...details, actor_key_id: key },
    }));
    await tx.query(
      `INSERT INTO audit_logs
         (id, action, target_id, details, actor_id, actor_via, request_id, trace_id, ip, user_agent, route)
       SELECT r.id, r.action, r.target_id, r.details, $2, $3, $4, $5, $6, $7, $8
       FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, action text, target_id text, details jsonb)`,
      [
        JSON.stringify(rows),
        context?.principal?.id ?? null,
        context?.principal?.via ?? null,
        requestId,
        context?.trace.traceId ?? null,
        context?.ip ?? null,
        context?.userAgent?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
        context?.route ?? null,
      ],
    );
  }
}
