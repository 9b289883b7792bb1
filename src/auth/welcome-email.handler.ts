import { Injectable } from '@nestjs/common';
import { Mailer, sendAsJob } from '../platform/mail/index.js';
import { JobHandler, type JobContext, type JobWork } from '../platform/queue/index.js';
import { plainMail, UserRepository } from '../users/index.js';
import { WelcomeEmail, WelcomeEmailData } from './auth.jobs.js';

/** Greets the owner of a new account. The mail bears the job's id, so that running twice sends it once. */
@Injectable()
@JobHandler(WelcomeEmail)
export class WelcomeEmailHandler implements JobWork<WelcomeEmailData> {
  constructor(
    private readonly users: UserRepository,
    private readonly mailer: Mailer,
  ) {}

  async handle({ user_id }: WelcomeEmailData, context: JobContext): Promise<object> {
    const user = await this.users.find(user_id);
    if (!user) return { skipped: 'the account is gone' };
    const text = plainMail('Welcome to Arcana Cloud', user.name, [
      'your account at Arcana Cloud is ready. Sign in with this e-mail address and your password.',
    ]);
    return sendAsJob(this.mailer, context, { to: user.email, to_name: user.name, ...text });
  }
}
