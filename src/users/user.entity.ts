import { Column, Entity } from 'typeorm';
import { VersionedRow } from '../platform/database/index.js';
import type { Role } from '../platform/security/index.js';
import type { SyncStatus, UserStatus } from './dto/user.dto.js';

/** A row of `users`. Stays behind the ports: it holds what must not leave. */
@Entity('users')
export class UserEntity extends VersionedRow {
  @Column('text')
  name: string;

  /** As typed; unique in lower case by `uq_users_email`. */
  @Column('text')
  email: string;

  @Column('text')
  role: Role;

  @Column('text')
  status: UserStatus;

  @Column('boolean')
  email_verified: boolean;

  @Column('text', { nullable: true })
  avatar_url: string | null;

  @Column('jsonb')
  metadata: Record<string, unknown>;

  @Column('text')
  sync_status: SyncStatus;

  /** Times the latest change was posted to the directory outside in vain. */
  @Column('integer')
  sync_attempts: number;

  /** When it is to be posted (again), while it is PENDING. */
  @Column({ type: 'timestamptz', precision: 3 })
  sync_due_at: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  last_login_at: Date | null;

  @Column('text', { nullable: true })
  password_hash: string | null;

  /** Raised by whatever must end existing access. */
  @Column('integer')
  access_epoch: number;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  deleted_at: Date | null;

  /** What `status` was before the deletion; null when it is not deleted, or was before this was noted. */
  @Column('text', { nullable: true })
  status_before_deletion: Exclude<UserStatus, 'deleted'> | null;
}
