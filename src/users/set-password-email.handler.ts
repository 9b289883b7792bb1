import { Injectable } from '@nestjs/common';
import { ArcanaConfig } from '../platform/config/index.js';
import { Mailer } from '../platform/mail/index.js';
import { JobHandler, type JobContext, type JobWork } from '../platform/queue/index.js';
import { AccountTokenRepository } from './account-token.repository.js';
import { newOpaqueToken } from './opaque-token.js';
import { setPasswordMail } from './set-password.mail.js';
import { SetPasswordEmail, SetPasswordEmailData } from './users.jobs.js';

/** Source: ASVS 5.0, 6.4.3. */
const LIFETIME_SECS = 30 * 60;

/**
 * Makes the token and mails it: the job itself holds no secret. Run twice, it sends the mail twice, under one Message-ID
 * and with a token each; either works, and using one voids the other.
 */
@Injectable()
@JobHandler(SetPasswordEmail)
export class SetPasswordEmailHandler implements JobWork<SetPasswordEmailData> {
  constructor(
    private readonly tokens: AccountTokenRepository,
    private readonly mailer: Mailer,
    private readonly config: ArcanaConfig,
  ) {}

  async handle({ user_id }: SetPasswordEmailData, { jobId }: JobContext): Promise<object> {
    const { token, hash } = newOpaqueToken();
    const { owner, refusal } = await this.tokens.issue({
      user_id,
      purpose: 'set_password',
      mail_id: jobId,
      token_hash: hash,
      lifetime_secs: LIFETIME_SECS,
    });
    if (!owner) return { skipped: refusal };
    const message_id = `<${jobId}@arcana-cloud>`;
    const { public_url, port } = this.config.server.rest;
    const mail = setPasswordMail(
      owner.name,
      token,
      public_url ?? `http://localhost:${port}`,
      LIFETIME_SECS / 60,
    );
    await this.mailer.send({ to: owner.email, message_id, ...mail });
    return { message_id };
  }
}
