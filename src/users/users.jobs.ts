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
