import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The record of every job. The queue runs jobs and forgets them; people look for them here, by what they know: state,
 * queue, type, tag, request, time.
 *
 * sequence: a moment of the job's life in the queue's own count. Records arrive in batches, late, twice and out of
 * order; a row is only ever replaced by a later moment.
 *
 * States and priorities are text under a check, because adding a value to an enum type cannot be undone. Payloads are
 * not indexed: who searches by them wants a tag.
 */
export class Jobs1790000000020 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE jobs (
        id uuid CONSTRAINT pk_jobs PRIMARY KEY,
        sequence integer NOT NULL,
        queue text NOT NULL,
        type text NOT NULL,
        payload_version integer NOT NULL,
        state text NOT NULL CONSTRAINT ck_jobs_state CHECK (
          state IN ('PENDING', 'SCHEDULED', 'RUNNING', 'COMPLETED', 'FAILED', 'DEAD_LETTER', 'CANCELLED')),
        priority text NOT NULL CONSTRAINT ck_jobs_priority CHECK (priority IN ('low', 'normal', 'high', 'critical')),
        payload jsonb NOT NULL,
        tags text[] NOT NULL,
        correlation_id text NOT NULL,
        unique_key text,
        attempts_made integer NOT NULL,
        max_attempts integer NOT NULL,
        progress integer,
        result jsonb,
        error text,
        worker text,
        logs text[] NOT NULL,
        created_at timestamptz(3) NOT NULL,
        scheduled_at timestamptz(3),
        started_at timestamptz(3),
        finished_at timestamptz(3),
        updated_at timestamptz(3) NOT NULL
      )`);
    // Lists are newest first; the id breaks ties, so that a cursor names one row.
    await queryRunner.query(`CREATE INDEX ix_jobs_created ON jobs (created_at DESC, id DESC)`);
    await queryRunner.query(`CREATE INDEX ix_jobs_state ON jobs (state, created_at DESC, id DESC)`);
    await queryRunner.query(`CREATE INDEX ix_jobs_type ON jobs (type, created_at DESC, id DESC)`);
    await queryRunner.query(`CREATE INDEX ix_jobs_correlation ON jobs (correlation_id)`);
    await queryRunner.query(`CREATE INDEX ix_jobs_tags ON jobs USING gin (tags)`);
    // For the retention sweep.
    await queryRunner.query(
      `CREATE INDEX ix_jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE jobs');
  }
}
