import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What is installed. The key is the identifier from the manifest, which its author chose and every log line shows, not
 * a number of ours. States are text under a check, because adding a value to an enum type cannot be undone.
 */
export class Plugins1790000000030 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE plugins (
        id text CONSTRAINT pk_plugins PRIMARY KEY,
        name text NOT NULL,
        plugin_version text NOT NULL,
        state text NOT NULL CONSTRAINT ck_plugins_state CHECK (
          state IN ('INSTALLED', 'PENDING_APPROVAL', 'ENABLED', 'DEGRADED', 'QUARANTINED', 'DISABLED')),
        publisher text,
        sha256 text NOT NULL CONSTRAINT ck_plugins_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        last_error text,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        version integer NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE plugins');
  }
}
