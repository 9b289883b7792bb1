import { IsUUID } from 'class-validator';
import { defineJob } from '../platform/queue/index.js';

export class WelcomeEmailData {
  @IsUUID()
  user_id: string;
}

/** Greets the owner of a new account. */
export const WelcomeEmail = defineJob({
  type: 'email.welcome',
  queue: 'emails',
  priority: 'normal',
  timeoutMs: 30_000,
  schema: WelcomeEmailData,
});
