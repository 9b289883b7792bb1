import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The addresses that an account signed in from.
 *
 * Whoever guesses at an account from elsewhere uses up a budget that these addresses do not share, so that no stranger
 * can keep the owner out. A table, not the list of sessions: sessions are pruned, and name single addresses where a whole
 * IPv6 network (/64) counts as one. Not Redis either: it must survive a flush, which an attack could wait for.
 */
export class KnownAddresses1790000000043 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE known_addresses (
        user_id uuid NOT NULL CONSTRAINT fk_known_addresses_user REFERENCES users (id),
        address text NOT NULL,
        last_seen_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT pk_known_addresses PRIMARY KEY (user_id, address)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE known_addresses');
  }
}
