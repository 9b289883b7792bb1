import { Injectable } from '@nestjs/common';
import { JobHandler, type JobContext, type JobWork } from '../platform/queue/index.js';
import { TokenMails } from './token-mails.js';
import { SetPasswordEmail, SetPasswordEmailData } from './users.jobs.js';

/** Mails the owner of a new account the way to a password of their own. */
@Injectable()
@JobHandler(SetPasswordEmail)
export class SetPasswordEmailHandler implements JobWork<SetPasswordEmailData> {
  constructor(private readonly mails: TokenMails) {}

  handle({ user_id }: SetPasswordEmailData, context: JobContext): Promise<object> {
    return this.mails.send('set_password', user_id, context);
  }
}
