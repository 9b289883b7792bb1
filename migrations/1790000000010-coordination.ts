import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Locks between processes are advisory locks, which need no table. What they lack is a number that tells an old holder
 * from the present one: this sequence gives one with every acquisition. One sequence for all locks is enough, because
 * a fence need only grow, not be dense.
 */
export class Coordination1790000000010 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE SEQUENCE lock_fences');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP SEQUENCE lock_fences');
  }
}
