import { IsOptional, IsUUID } from 'class-validator';
import { MAIL_RETRY, MAIL_TIMEOUT_MS } from '../platform/mail/index.js';
import { defineJob } from '../platform/queue/index.js';

const MAIL = { queue: 'emails', priority: 'normal', retry: MAIL_RETRY, timeoutMs: MAIL_TIMEOUT_MS } as const;

export class WelcomeEmailData {
  @IsUUID()
  user_id: string;
}

/** Greets the owner of a new account. */
export const WelcomeEmail = defineJob({ ...MAIL, type: 'email.welcome', schema: WelcomeEmailData });

export class RegistrationAttemptEmailData {
  /** Absent when there is nobody to tell: the address belonged to an account that was deleted. */
  @IsOptional()
  @IsUUID()
  user_id?: string;
}

/** Tells the owner of an account that somebody tried to open another one with the same address. */
export const RegistrationAttemptEmail = defineJob({
  ...MAIL,
  type: 'email.registration_attempt',
  schema: RegistrationAttemptEmailData,
});

export class CleanupTokensData {}

/** Forgets sessions that are long over, and mailed tokens that have expired. */
export const CleanupTokens = defineJob({
  type: 'sync.cleanup_tokens',
  queue: 'maintenance',
  priority: 'low',
  timeoutMs: 600_000,
  schema: CleanupTokensData,
  enqueuePermission: 'jobs:enqueue',
  repeat: { everyMs: 3_600_000 },
});
