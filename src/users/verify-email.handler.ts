import { Injectable } from '@nestjs/common';
import { JobHandler, type JobContext, type JobWork } from '../platform/queue/index.js';
import { TokenMails } from './token-mails.js';
import { VerifyEmail, VerifyEmailData } from './users.jobs.js';

/** Mails the address of an account the means to prove whose it is. */
@Injectable()
@JobHandler(VerifyEmail)
export class VerifyEmailHandler implements JobWork<VerifyEmailData> {
  constructor(private readonly mails: TokenMails) {}

  handle({ user_id }: VerifyEmailData, context: JobContext): Promise<object> {
    return this.mails.send('verify_email', user_id, context);
  }
}
