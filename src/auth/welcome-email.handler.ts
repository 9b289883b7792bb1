import { Injectable } from '@nestjs/common';
import { escapeHtml, Mailer } from '../platform/mail/index.js';
import { JobHandler, type JobContext, type JobWork } from '../platform/queue/index.js';
import { UserRepository } from '../users/index.js';
import { WelcomeEmail, WelcomeEmailData } from './auth.jobs.js';

/** Greets the owner of a new account. The mail bears the job's id, so that running twice sends it once. */
@Injectable()
@JobHandler(WelcomeEmail)
export class WelcomeEmailHandler implements JobWork<WelcomeEmailData> {
  constructor(
    private readonly users: UserRepository,
    private readonly mailer: Mailer,
  ) {}

  async handle({ user_id }: WelcomeEmailData, { jobId }: JobContext): Promise<object> {
    const user = await this.users.find(user_id);
    if (!user) return { skipped: 'the account is gone' };
    const message_id = `<${jobId}@arcana-cloud>`;
    const greeting =
      'your account at Arcana Cloud is ready. Sign in with this e-mail address and your password.';
    await this.mailer.send({
      to: user.email,
      subject: 'Welcome to Arcana Cloud',
      text: `Hello ${user.name},\n\n${greeting}\n`,
      html: `<p>Hello ${escapeHtml(user.name)},</p><p>${greeting}</p>`,
      message_id,
    });
    return { message_id };
  }
}
