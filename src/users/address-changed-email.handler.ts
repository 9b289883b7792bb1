import { Injectable } from '@nestjs/common';
import { Mailer, sendAsJob } from '../platform/mail/index.js';
import { JobHandler, type JobContext, type JobWork } from '../platform/queue/index.js';
import { plainMail } from './mail-text.js';
import { UserRepository } from './user.repository.js';
import { AddressChangedEmail, AddressChangedEmailData } from './users.jobs.js';

/** Tells whoever reads the former address, in case it was not they who changed it. The new one is not named. */
@Injectable()
@JobHandler(AddressChangedEmail)
export class AddressChangedEmailHandler implements JobWork<AddressChangedEmailData> {
  constructor(
    private readonly users: UserRepository,
    private readonly mailer: Mailer,
  ) {}

  async handle({ user_id, former_email }: AddressChangedEmailData, context: JobContext): Promise<object> {
    const user = await this.users.find(user_id);
    if (!user) return { skipped: 'account_gone' };
    const text = plainMail('Your e-mail address was changed', user.name, [
      'Your account now has another e-mail address; mails no longer come here.',
      'If it was not you who changed it, tell those who run this service.',
    ]);
    return sendAsJob(this.mailer, context, { to: former_email, to_name: user.name, ...text });
  }
}
