import { Column, PrimaryColumn } from 'typeorm';

/** Columns that every mutable table has. Ids come from the application, times and version from the statements. */
export abstract class VersionedRow {
  @PrimaryColumn('uuid')
  id: string;

  @Column({ type: 'timestamptz', precision: 3 })
  created_at: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  updated_at: Date;

  /** Raised by one at every update: the ETag, and the guard against lost updates. */
  @Column('integer')
  version: number;
}
