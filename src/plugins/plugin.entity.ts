import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { PluginState } from './plugin.js';

/** Row of `plugins`. Its key is the manifest's identifier, so it does not take the common base. */
@Entity('plugins')
export class PluginEntity {
  @PrimaryColumn('text')
  id: string;

  @Column('text')
  name: string;

  /** The plugin's own version; `version` counts changes of the row. */
  @Column('text')
  plugin_version: string;

  @Column('text')
  state: PluginState;

  @Column('text', { nullable: true })
  publisher: string | null;

  @Column('text')
  sha256: string;

  @Column('text', { nullable: true })
  last_error: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  created_at: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  updated_at: Date;

  @Column('integer')
  version: number;
}
