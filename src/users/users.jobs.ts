import { IsUUID } from 'class-validator';
import { defineJob } from '../platform/queue/index.js';

export class SetPasswordEmailData {
  @IsUUID()
  user_id: string;
}

/** Mails the owner of an account without a password a token to set one. */
export const SetPasswordEmail = defineJob({
  type: 'email.set_password',
  queue: 'emails',
  priority: 'high',
  timeoutMs: 30_000,
  schema: SetPasswordEmailData,
});

export class SyncPendingUsersData {}

/** Seconds from one run to the next. */
export const SYNC_INTERVAL_SECS = 300;

/** Posts accounts that changed to the directory outside. A run that fails is not repeated: the next one does its work. */
export const SyncPendingUsers = defineJob({
  type: 'sync.pending_users',
  queue: 'sync',
  priority: 'normal',
  timeoutMs: 3_600_000,
  retry: { attempts: 1 },
  schema: SyncPendingUsersData,
  enqueuePermission: 'jobs:enqueue',
  repeat: { everyMs: SYNC_INTERVAL_SECS * 1_000, when: ({ sync }) => sync.url !== undefined },
});
