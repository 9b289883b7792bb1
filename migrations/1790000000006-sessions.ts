import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Sessions and the refresh tokens that keep them alive.
 *
 * A session is one family of refresh tokens: every token that was traded for another stays as a spent row, so that its
 * second use is recognised and ends the session. absolute_expires_at is fixed when the session is opened; trading
 * tokens never moves it.
 */
export class Sessions1790000000006 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE sessions (
        id uuid CONSTRAINT pk_sessions PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT fk_sessions_user REFERENCES users (id),
        access_epoch integer NOT NULL,
        device_name text,
        ip text,
        user_agent text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        last_used_at timestamptz(3) NOT NULL DEFAULT now(),
        absolute_expires_at timestamptz(3) NOT NULL,
        revoked_at timestamptz(3),
        revoked_reason text,
        CONSTRAINT ck_sessions_revoked CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
      )`);
    await queryRunner.query(`CREATE INDEX ix_sessions_user ON sessions (user_id)`);
    await queryRunner.query(`
      CREATE TABLE refresh_tokens (
        token_hash bytea CONSTRAINT pk_refresh_tokens PRIMARY KEY,
        session_id uuid NOT NULL CONSTRAINT fk_refresh_tokens_session REFERENCES sessions (id) ON DELETE CASCADE,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at timestamptz(3) NOT NULL,
        spent_at timestamptz(3)
      )`);
    await queryRunner.query(`CREATE INDEX ix_refresh_tokens_session ON refresh_tokens (session_id)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE refresh_tokens');
    await queryRunner.query('DROP TABLE sessions');
  }
}
