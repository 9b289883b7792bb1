import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How long a session may lie unused, what a repeated refresh needs, and the indexes of listing and deleting sessions.
 *
 * idle_lifetime_secs stands in the row, as absolute_expires_at does: whether a session lives is then one question of one
 * moment, whatever a process that was started with other settings believes.
 *
 * spent_token_hash and successor_seed are of the token that was spent last, and only while a grace interval is
 * configured. With the seed, and with the token itself, which is not here, its successor can be made once more: a caller
 * whose answer was lost gets the same successor, not a second one. The next refresh overwrites both, so there is never a
 * way to an older generation.
 *
 * No index has last_used_at: it is written about once a minute for every session in use, and an index on it would have
 * to be written each time, too. Sessions that died of idleness are therefore deleted by their absolute end.
 */
export class SessionLifetimes1790000000041 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE sessions
        ADD COLUMN idle_lifetime_secs integer NOT NULL DEFAULT 604800,
        ADD COLUMN spent_token_hash bytea,
        ADD COLUMN successor_seed bytea,
        ADD CONSTRAINT ck_sessions_successor CHECK ((spent_token_hash IS NULL) = (successor_seed IS NULL))`);
    await queryRunner.query('DROP INDEX ix_sessions_user');
    await queryRunner.query('CREATE INDEX ix_sessions_user ON sessions (user_id) WHERE revoked_at IS NULL');
    await queryRunner.query('CREATE INDEX ix_sessions_absolute_expires_at ON sessions (absolute_expires_at)');
    await queryRunner.query(
      'CREATE INDEX ix_sessions_revoked_at ON sessions (revoked_at) WHERE revoked_at IS NOT NULL',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX ix_sessions_revoked_at');
    await queryRunner.query('DROP INDEX ix_sessions_absolute_expires_at');
    await queryRunner.query('DROP INDEX ix_sessions_user');
    await queryRunner.query('CREATE INDEX ix_sessions_user ON sessions (user_id)');
    await queryRunner.query(`
      ALTER TABLE sessions
        DROP CONSTRAINT ck_sessions_successor,
        DROP COLUMN successor_seed,
        DROP COLUMN spent_token_hash,
        DROP COLUMN idle_lifetime_secs`);
  }
}
