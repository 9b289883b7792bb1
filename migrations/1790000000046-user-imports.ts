import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Imports of accounts from a file.
 *
 * What was uploaded is staged here and not in a file: the job that works through it may run on another host, and again
 * after its worker was killed. It lies in chunks of some hundred rows, as text: they are read by the job alone, one at a
 * time, and jsonb would refuse what a file may hold (NUL). A chunk is deleted by the transaction that stores its accounts;
 * `next_chunk` in the same transaction says where to go on, so no row is imported twice however often the job runs.
 *
 * created_with is the kind of credential the file was uploaded with, and the scopes of an API key: the job may do no more
 * than that key, nor more than its owner may by then.
 *
 * user_import_rows tells for each row which account it became or why it became none. It is also how a second row with the
 * same address is told from an account that was there before, without keeping all addresses of the file in memory.
 */
export class UserImports1790000000046 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE user_imports (
        id uuid CONSTRAINT pk_user_imports PRIMARY KEY,
        created_by uuid NOT NULL CONSTRAINT fk_user_imports_creator REFERENCES users (id),
        created_with jsonb NOT NULL,
        state text NOT NULL
          CONSTRAINT ck_user_imports_state CHECK (state IN ('UPLOADING', 'PENDING', 'RUNNING', 'COMPLETED', 'STOPPED', 'FAILED')),
        format text NOT NULL CONSTRAINT ck_user_imports_format CHECK (format IN ('csv', 'ndjson')),
        send_invitations boolean NOT NULL,
        ignored_columns text[] NOT NULL,
        job_id uuid,
        row_count integer NOT NULL DEFAULT 0,
        chunk_count integer NOT NULL DEFAULT 0,
        next_chunk integer NOT NULL DEFAULT 0,
        processed_count integer NOT NULL DEFAULT 0,
        created_count integer NOT NULL DEFAULT 0,
        refused_count integer NOT NULL DEFAULT 0,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now(),
        finished_at timestamptz(3)
      )`);
    // One at a time for each account, also when two uploads begin at once. A failed one is in nobody's way.
    await queryRunner.query(`
      CREATE UNIQUE INDEX uq_user_imports_unfinished ON user_imports (created_by)
      WHERE state IN ('UPLOADING', 'PENDING', 'RUNNING')`);
    await queryRunner.query(`
      CREATE TABLE user_import_chunks (
        import_id uuid NOT NULL
          CONSTRAINT fk_user_import_chunks_import REFERENCES user_imports (id) ON DELETE CASCADE,
        position integer NOT NULL,
        row_count integer NOT NULL,
        content text NOT NULL,
        CONSTRAINT pk_user_import_chunks PRIMARY KEY (import_id, position)
      )`);
    await queryRunner.query(`
      CREATE TABLE user_import_rows (
        import_id uuid NOT NULL
          CONSTRAINT fk_user_import_rows_import REFERENCES user_imports (id) ON DELETE CASCADE,
        row_number integer NOT NULL,
        user_id uuid,
        code text,
        errors jsonb,
        CONSTRAINT pk_user_import_rows PRIMARY KEY (import_id, row_number),
        CONSTRAINT ck_user_import_rows_outcome CHECK ((user_id IS NULL) <> (code IS NULL))
      )`);
    await queryRunner.query(
      `CREATE INDEX ix_user_import_rows_user ON user_import_rows (import_id, user_id) WHERE user_id IS NOT NULL`,
    );
    // The report asks for the rows that became no account, of which there may be few among many.
    await queryRunner.query(
      `CREATE INDEX ix_user_import_rows_refused ON user_import_rows (import_id, row_number) WHERE code IS NOT NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE user_import_rows');
    await queryRunner.query('DROP TABLE user_import_chunks');
    await queryRunner.query('DROP TABLE user_imports');
  }
}
