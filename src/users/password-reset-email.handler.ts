import { Injectable } from '@nestjs/common';
import { JobHandler, type JobContext, type JobWork } from '../platform/queue/index.js';
import { TokenMails } from './token-mails.js';
import { PasswordResetEmail, PasswordResetEmailData } from './users.jobs.js';

/** Mails the owner of an account the way to a new password, if somebody has the address that was typed. */
@Injectable()
@JobHandler(PasswordResetEmail)
export class PasswordResetEmailHandler implements JobWork<PasswordResetEmailData> {
  constructor(private readonly mails: TokenMails) {}

  async handle({ user_id }: PasswordResetEmailData, context: JobContext): Promise<object> {
    return user_id === undefined
      ? { skipped: 'no account' }
      : this.mails.send('password_reset', user_id, context);
  }
}
