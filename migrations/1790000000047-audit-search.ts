import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Reading the audit log: the newest first, of one actor, of one target, of one kind of act, or of one request. Every
 * index ends in time and id, the order of the list, so that a page costs the same however deep it lies.
 *
 * actor_via: with what the actor proved who it is. Entries written before know it not, and cannot be changed.
 */
export class AuditSearch1790000000047 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE audit_logs ADD COLUMN actor_via text');
    await queryRunner.query('CREATE INDEX ix_audit_logs_time ON audit_logs (occurred_at, id)');
    await queryRunner.query('CREATE INDEX ix_audit_logs_actor ON audit_logs (actor_id, occurred_at, id)');
    await queryRunner.query('CREATE INDEX ix_audit_logs_target ON audit_logs (target_id, occurred_at, id)');
    await queryRunner.query('CREATE INDEX ix_audit_logs_action ON audit_logs (action, occurred_at, id)');
    await queryRunner.query('CREATE INDEX ix_audit_logs_request ON audit_logs (request_id, occurred_at, id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const name of ['time', 'actor', 'target', 'action', 'request'])
      await queryRunner.query(`DROP INDEX ix_audit_logs_${name}`);
    await queryRunner.query('ALTER TABLE audit_logs DROP COLUMN actor_via');
  }
}
