import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { JobState, Priority } from '../platform/queue/index.js';

/** A row of `jobs`. Its version is `sequence`, a moment of the job's life, so it does not take the common base. */
@Entity('jobs')
export class JobEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('integer')
  sequence: number;

  @Column('text')
  queue: string;

  @Column('text')
  type: string;

  @Column('integer')
  payload_version: number;

  @Column('text')
  state: JobState;

  @Column('text')
  priority: Priority;

  @Column('jsonb')
  payload: object;

  @Column('text', { array: true })
  tags: string[];

  @Column('text')
  correlation_id: string;

  @Column('text', { nullable: true })
  unique_key: string | null;

  @Column('integer')
  attempts_made: number;

  @Column('integer')
  max_attempts: number;

  @Column('integer', { nullable: true })
  progress: number | null;

  @Column('jsonb', { nullable: true })
  result: object | null;

  @Column('text', { nullable: true })
  error: string | null;

  @Column('text', { nullable: true })
  worker: string | null;

  /** Read only when asked for: lists do without. */
  @Column('text', { array: true, select: false })
  logs?: string[];

  @Column({ type: 'timestamptz', precision: 3 })
  created_at: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  scheduled_at: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  started_at: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  finished_at: Date | null;

  @Column({ type: 'timestamptz', precision: 3 })
  updated_at: Date;
}
