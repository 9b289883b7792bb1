import { IsOptional, IsUUID } from 'class-validator';
import { MAIL_RETRY, MAIL_TIMEOUT_MS } from '../platform/mail/index.js';
import { defineJob } from '../platform/queue/index.js';
import { IsEmailAddress } from './account-rules.js';

const MAIL = { queue: 'emails', retry: MAIL_RETRY, timeoutMs: MAIL_TIMEOUT_MS } as const;

export class SetPasswordEmailData {
  @IsUUID()
  user_id: string;
}

/** Mails the owner of an account without a password a token to set one. */
export const SetPasswordEmail = defineJob({
  ...MAIL,
  type: 'email.set_password',
  priority: 'high',
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

export class PasswordResetEmailData {
  /** Absent when no account has the address that somebody typed: the wish costs the same, and nobody is mailed. */
  @IsOptional()
  @IsUUID()
  user_id?: string;
}

/** Mails the owner of an account a token to set a new password. */
export const PasswordResetEmail = defineJob({
  ...MAIL,
  type: 'email.password_reset',
  priority: 'high',
  schema: PasswordResetEmailData,
});

export class VerifyEmailData {
  @IsUUID()
  user_id: string;
}

/** Mails the address of an account a token that proves that its owner reads what comes there. */
export const VerifyEmail = defineJob({
  ...MAIL,
  type: 'email.verify',
  priority: 'normal',
  schema: VerifyEmailData,
});

export class AddressChangedEmailData {
  @IsUUID()
  user_id: string;

  /** Where the account's mails went before: no row has it any more. */
  @IsEmailAddress()
  former_email: string;
}

/** Tells the former address of an account that it has another one now. */
export const AddressChangedEmail = defineJob({
  ...MAIL,
  type: 'email.address_changed',
  priority: 'normal',
  schema: AddressChangedEmailData,
});

export class ImportUsersData {
  @IsUUID()
  import_id: string;
}

/** Works through an uploaded file of accounts. Each attempt goes on where the one before stopped. */
export const ImportUsers = defineJob({
  type: 'users.import',
  queue: 'imports',
  priority: 'low',
  timeoutMs: 7_200_000,
  retry: { attempts: 8 },
  schema: ImportUsersData,
});

export class PruneUserImportsData {}

/** Deletes uploads that were never finished, and imports that finished long ago, with their reports. */
export const PruneUserImports = defineJob({
  type: 'users.prune_imports',
  queue: 'maintenance',
  priority: 'low',
  timeoutMs: 600_000,
  repeat: { everyMs: 3_600_000 },
  schema: PruneUserImportsData,
});
