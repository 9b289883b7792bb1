import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lists of accounts that stay quick at a million rows, and accounts that come back after a deletion.
 *
 * One index for each order of a list, ids breaking ties, so that a page is found by its first row however deep it lies.
 * They hold the accounts that are not deleted, for lists leave those out: a list never walks over the dead. An account
 * that never signed in counts as the earliest: NULL has no place in a comparison of rows. Lists by e-mail address use
 * uq_users_email. ix_users_status_role is small (equal entries are stored once) and answers the counts of pages.
 *
 * ix_users_search finds any part of a name or address by trigrams. It needs the extension pg_trgm, which the embedded
 * server and the managed ones have and let the owner of a database install. Where it is missing or forbidden, the step
 * goes on without: searches then read the table. Whoever installs the extension later makes the index with the statement
 * below. The list of what waits to be sorted into it is kept
 * short: whoever's write fills it pays for all of it. Rejected: a statement that fails, which would keep the product from starting for the sake of speed.
 *
 * status_before_deletion: a suspended account that is deleted and restored is suspended, not let in.
 */
export class UserLists1790000000045 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE users ADD COLUMN status_before_deletion text
        CONSTRAINT ck_users_status_before_deletion CHECK (status_before_deletion IS NULL OR (status = 'deleted'
          AND status_before_deletion IN ('pending_verification', 'active', 'suspended', 'locked')))`);
    await queryRunner.query('DROP INDEX ix_users_created_at');
    await queryRunner.query(
      `CREATE INDEX ix_users_created_at ON users (created_at, id) WHERE status <> 'deleted'`,
    );
    await queryRunner.query(
      `CREATE INDEX ix_users_updated_at ON users (updated_at, id) WHERE status <> 'deleted'`,
    );
    await queryRunner.query(`
      CREATE INDEX ix_users_last_login_at ON users (coalesce(last_login_at, '-infinity'), id)
      WHERE status <> 'deleted'`);
    await queryRunner.query(`CREATE INDEX ix_users_name ON users (name, id) WHERE status <> 'deleted'`);
    await queryRunner.query(
      `CREATE INDEX ix_users_deleted ON users (created_at, id) WHERE status = 'deleted'`,
    );
    await queryRunner.query(`CREATE INDEX ix_users_status_role ON users (status, role)`);
    // A block with EXCEPTION is a savepoint: what fails in it leaves the transaction of the step whole.
    await queryRunner.query(`
      DO $$
      BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
      EXCEPTION WHEN OTHERS THEN
        RAISE NOTICE 'searches for accounts will read the whole table: pg_trgm cannot be installed (%)', SQLERRM;
      END $$`);
    // The extension may live in a schema that is not searched: its operator class is named in full.
    await queryRunner.query(`
      DO $$
      DECLARE home text;
      BEGIN
        SELECT n.nspname INTO home
          FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
        IF home IS NOT NULL THEN
          EXECUTE format(
            'CREATE INDEX ix_users_search ON users USING gin (name %1$I.gin_trgm_ops, email %1$I.gin_trgm_ops)
             WITH (gin_pending_list_limit = 1024)', home);
        END IF;
      END $$`);
  }

  /** The extension stays: others may use it. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX IF EXISTS ix_users_search');
    await queryRunner.query(`
      DROP INDEX ix_users_status_role, ix_users_deleted, ix_users_name, ix_users_last_login_at, ix_users_updated_at,
        ix_users_created_at`);
    await queryRunner.query('CREATE INDEX ix_users_created_at ON users (created_at, id)');
    await queryRunner.query('ALTER TABLE users DROP COLUMN status_before_deletion');
  }
}
