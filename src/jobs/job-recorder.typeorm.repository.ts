import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/index.js';
import { JobRecorder, type JobSnapshot } from '../platform/queue/index.js';

/** Log lines that a record keeps, the last ones. */
const MAX_LOG_LINES = 500;

/** Columns of a snapshot as JSON, in the types of the table. */
const SNAPSHOT = `s(
  id uuid, sequence integer, queue text, type text, version integer, state text, priority text, payload jsonb,
  tags text[], correlation_id text, unique_key text, attempts_made integer, max_attempts integer, progress integer,
  result jsonb, error text, worker text, lines text[], created_at timestamptz, scheduled_at timestamptz,
  started_at timestamptz, finished_at timestamptz)`;

/** A thousand moments to a start: see the queue's sequence. Progress belongs to one start, an error outlives the next. */
const RECORD = `
  INSERT INTO jobs AS j (
    id, sequence, queue, type, payload_version, state, priority, payload, tags, correlation_id, unique_key,
    attempts_made, max_attempts, progress, result, error, worker, logs,
    created_at, scheduled_at, started_at, finished_at, updated_at)
  SELECT
    id, sequence, queue, type, version, state, priority, COALESCE(payload, '{}'), tags, correlation_id, unique_key,
    attempts_made, max_attempts, progress, result, error, worker, COALESCE(lines, '{}'),
    created_at, scheduled_at, started_at, finished_at, now()
  FROM jsonb_to_recordset($1::jsonb) AS ${SNAPSHOT}
  ORDER BY id
  ON CONFLICT (id) DO UPDATE SET
    sequence = excluded.sequence,
    state = excluded.state,
    attempts_made = excluded.attempts_made,
    max_attempts = excluded.max_attempts,
    progress = CASE WHEN excluded.sequence / 1000 = j.sequence / 1000
      THEN COALESCE(excluded.progress, j.progress) ELSE excluded.progress END,
    result = excluded.result,
    error = CASE WHEN excluded.state = 'COMPLETED' THEN NULL ELSE COALESCE(excluded.error, j.error) END,
    worker = COALESCE(excluded.worker, j.worker),
    logs = (j.logs || excluded.logs)[GREATEST(1, cardinality(j.logs || excluded.logs) - ${MAX_LOG_LINES - 1}):],
    started_at = COALESCE(excluded.started_at, j.started_at),
    finished_at = excluded.finished_at,
    updated_at = excluded.updated_at
  WHERE excluded.sequence > j.sequence`;

/** {@link JobRecorder} in PostgreSQL: one statement for any number of jobs, locked in one order everywhere. */
@Injectable()
export class TypeOrmJobRecorder extends JobRecorder {
  constructor(private readonly database: Database) {
    super();
  }

  async record(snapshots: JobSnapshot[]): Promise<void> {
    if (snapshots.length === 0) return;
    await this.database.transaction((tx) => tx.query(RECORD, [JSON.stringify(snapshots)]));
  }
}
