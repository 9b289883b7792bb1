import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Keys by which services call in the name of an account.
 *
 * Only the hash of the secret is kept: 256 random bits need no slow one, and whoever reads the table cannot call with
 * it. prefix is what people may see of a key to tell it from others.
 *
 * There is no column for a key's being alive. It lives while its row is there, its time is not over and its owner may
 * sign in; the last is asked of users at every call, so that no list of keys has to be walked when an account is
 * suspended or deleted. A revoked key is a deleted row; who revoked it stands in audit_logs.
 *
 * scopes is text and not a type of its own: which permissions there are is the code's matter, and a name that no longer
 * is one permits nothing.
 */
export class ApiKeys1790000000044 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE api_keys (
        id uuid CONSTRAINT pk_api_keys PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT fk_api_keys_user REFERENCES users (id),
        name text NOT NULL,
        prefix text NOT NULL,
        secret_hash bytea NOT NULL CONSTRAINT ck_api_keys_secret_hash CHECK (octet_length(secret_hash) = 32),
        scopes text[] NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at timestamptz(3),
        last_used_at timestamptz(3)
      )`);
    await queryRunner.query(`CREATE INDEX ix_api_keys_user ON api_keys (user_id, id)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE api_keys');
  }
}
