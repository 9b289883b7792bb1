import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The copy of accounts in a directory outside: how often the latest change was posted in vain, and when it is to be
 * posted (again). The index holds what is still to be posted and nothing else.
 */
export class UserSync1790000000048 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE users
        ADD COLUMN sync_attempts integer NOT NULL DEFAULT 0,
        ADD COLUMN sync_due_at timestamptz(3) NOT NULL DEFAULT now()`);
    await queryRunner.query(
      `CREATE INDEX ix_users_sync_due ON users (sync_due_at, id) WHERE sync_status = 'PENDING'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX ix_users_sync_due');
    await queryRunner.query('ALTER TABLE users DROP COLUMN sync_attempts, DROP COLUMN sync_due_at');
  }
}
