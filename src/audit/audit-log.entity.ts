import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A row of `audit_logs`. The database refuses to change one, so it has no version. */
@Entity('audit_logs')
export class AuditLogEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column({ type: 'timestamptz', precision: 3 })
  occurred_at: Date;

  @Column('text')
  action: string;

  @Column('uuid', { nullable: true })
  actor_id: string | null;

  @Column('text', { nullable: true })
  actor_via: string | null;

  @Column('text', { nullable: true })
  target_id: string | null;

  @Column('jsonb')
  details: Record<string, unknown>;

  @Column('text')
  request_id: string;

  @Column('text', { nullable: true })
  trace_id: string | null;

  @Column('text', { nullable: true })
  ip: string | null;

  @Column('text', { nullable: true })
  user_agent: string | null;

  @Column('text', { nullable: true })
  route: string | null;
}
