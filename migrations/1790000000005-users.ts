import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Accounts, and the tokens by which their owners set a password.
 *
 * The address is kept as typed and compared in lower case. COLLATE "C" makes lower() plain ASCII, which is all an
 * address may hold: under a Turkish locale it would otherwise turn I into a dotless i and let one address in twice.
 * A deleted account keeps its row, so its address stays taken.
 *
 * access_epoch: a session remembers the number it was opened with. Whatever must cut existing access (role, status,
 * password, deletion) raises it in the same statement, and every session with another number is dead at once, in all
 * processes, without a list of sessions to walk.
 *
 * password_tokens holds hashes only: whoever reads the table cannot use it. A row is used up by deleting it, which
 * PostgreSQL lets only one of several callers do.
 */
export class Users1790000000005 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE users (
        id uuid CONSTRAINT pk_users PRIMARY KEY,
        name text NOT NULL,
        email text NOT NULL,
        role text NOT NULL
          CONSTRAINT ck_users_role CHECK (role IN ('user', 'moderator', 'admin', 'super_admin')),
        status text NOT NULL
          CONSTRAINT ck_users_status CHECK (status IN ('pending_verification', 'active', 'suspended', 'locked', 'deleted')),
        email_verified boolean NOT NULL DEFAULT false,
        avatar_url text,
        metadata jsonb NOT NULL DEFAULT '{}',
        sync_status text NOT NULL DEFAULT 'SYNCED'
          CONSTRAINT ck_users_sync_status CHECK (sync_status IN ('PENDING', 'SYNCED', 'FAILED')),
        last_login_at timestamptz(3),
        password_hash text,
        access_epoch integer NOT NULL DEFAULT 0,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now(),
        deleted_at timestamptz(3),
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT ck_users_deleted_at CHECK ((status = 'deleted') = (deleted_at IS NOT NULL))
      )`);
    await queryRunner.query(`CREATE UNIQUE INDEX uq_users_email ON users (lower(email COLLATE "C"))`);
    await queryRunner.query(`CREATE INDEX ix_users_created_at ON users (created_at, id)`);
    // The few accounts that guard the rest: counted at every start and before one of them is deleted.
    await queryRunner.query(`CREATE INDEX ix_users_super_admins ON users (id) WHERE role = 'super_admin'`);
    await queryRunner.query(`
      CREATE TABLE password_tokens (
        token_hash bytea CONSTRAINT pk_password_tokens PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT fk_password_tokens_user REFERENCES users (id),
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at timestamptz(3) NOT NULL
      )`);
    await queryRunner.query(`CREATE INDEX ix_password_tokens_user ON password_tokens (user_id)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE password_tokens');
    await queryRunner.query('DROP TABLE users');
  }
}
