import { Injectable } from '@nestjs/common';
import { Mailer, sendAsJob } from '../platform/mail/index.js';
import { JobHandler, type JobContext, type JobWork } from '../platform/queue/index.js';
import { plainMail, UserRepository } from '../users/index.js';
import { RegistrationAttemptEmail, RegistrationAttemptEmailData } from './auth.jobs.js';

/** Tells the owner of an address that somebody tried to open a second account with it: the caller was told nothing. */
@Injectable()
@JobHandler(RegistrationAttemptEmail)
export class RegistrationAttemptEmailHandler implements JobWork<RegistrationAttemptEmailData> {
  constructor(
    private readonly users: UserRepository,
    private readonly mailer: Mailer,
  ) {}

  async handle({ user_id }: RegistrationAttemptEmailData, context: JobContext): Promise<object> {
    const user = user_id === undefined ? null : await this.users.find(user_id);
    if (!user) return { skipped: 'nobody to mail' };
    const text = plainMail('You have an account already', user.name, [
      'Somebody tried to open an account with this e-mail address, which has one.',
      'If it was you, sign in, or ask for a new password. If it was not you, there is nothing to do: nothing was changed.',
    ]);
    return sendAsJob(this.mailer, context, { to: user.email, to_name: user.name, ...text });
  }
}
