import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a change causes beside itself, written in its own transaction.
 *
 * outbox: a queue between the transaction and everything outside the database. `position` gives the order of writing;
 * the key is the id that the event or job keeps for life, because a number from a sequence would come again after a
 * restore and be taken for a duplicate.
 *
 * audit_logs: append-only, which the database itself enforces: an application that can be made to run a stray UPDATE
 * or DELETE still cannot rewrite history.
 */
export class Effects1790000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE outbox (
        id uuid CONSTRAINT pk_outbox PRIMARY KEY,
        position bigint GENERATED ALWAYS AS IDENTITY,
        kind text NOT NULL CONSTRAINT ck_outbox_kind CHECK (kind IN ('event', 'job')),
        subject text NOT NULL,
        body jsonb NOT NULL,
        correlation_id text NOT NULL,
        traceparent text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        attempts integer NOT NULL DEFAULT 0,
        last_error text,
        next_attempt_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`CREATE INDEX ix_outbox_position ON outbox (position)`);
    await queryRunner.query(`
      CREATE TABLE audit_logs (
        id uuid CONSTRAINT pk_audit_logs PRIMARY KEY,
        occurred_at timestamptz(3) NOT NULL DEFAULT now(),
        action text NOT NULL,
        actor_id uuid,
        target_id text,
        details jsonb NOT NULL,
        request_id text NOT NULL,
        trace_id text,
        ip text,
        user_agent text,
        route text
      )`);
    await queryRunner.query(`
      CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'audit_logs is append-only';
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER tr_audit_logs_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_logs
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE audit_logs');
    await queryRunner.query('DROP FUNCTION refuse_audit_change()');
    await queryRunner.query('DROP TABLE outbox');
  }
}
