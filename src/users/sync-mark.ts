import type { ArcanaConfig } from '../platform/config/index.js';
import type { SyncStatus } from './dto/user.dto.js';

/** Columns that every change of an account sets beside its version: see {@link syncMark}. */
export interface SyncMark {
  readonly sync_status: SyncStatus;
  readonly sync_attempts: number;
  readonly sync_due_at: () => string;
}

/** The copy outside is behind now, where there is one, and attempts to bring it up begin anew. */
export const syncMark = ({ sync }: ArcanaConfig): SyncMark => ({
  sync_status: sync.url === undefined ? 'SYNCED' : 'PENDING',
  sync_attempts: 0,
  sync_due_at: () => 'now()',
});

/** The same as SQL after `SET`, where a statement is written out. @param parameter number of the one that holds the status */
export const syncMarkSql = (parameter: number): string =>
  `sync_status = $${parameter}, sync_attempts = 0, sync_due_at = now()`;
