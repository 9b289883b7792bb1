import { Injectable } from '@nestjs/common';
import { ArcanaConfig } from '../platform/config/index.js';
import { Mailer, sendAsJob } from '../platform/mail/index.js';
import type { JobContext } from '../platform/queue/index.js';
import { AccountTokenRepository } from './account-token.repository.js';
import type { TokenPurpose } from './dto/account-token.dto.js';
import { tokenMail } from './mail-text.js';
import { newOpaqueToken } from './opaque-token.js';

const MINUTE_SECS = 60;
const HOUR_SECS = 3_600;
const ONCE = 'The token works once.';

interface Kind {
  purpose: TokenPurpose;
  subject: string;
  text: readonly [opening: string, ending: string];
}

const KINDS = {
  set_password: {
    purpose: 'set_password',
    subject: 'Set your password',
    text: [
      'An account was made for you. To use it, set a password of your own.',
      `${ONCE} If you expected no account, ignore this mail.`,
    ],
  },
  password_reset: {
    purpose: 'set_password',
    subject: 'Set a new password',
    text: [
      'Somebody asked for a new password for your account. If it was you, set one now; you will then be signed out everywhere.',
      `${ONCE} If it was not you, ignore this mail: your password stays as it is.`,
    ],
  },
  verify_email: {
    purpose: 'verify_email',
    subject: 'Verify your e-mail address',
    text: [
      'Please confirm that this e-mail address of your account is yours.',
      `${ONCE} If you have no account here, ignore this mail.`,
    ],
  },
} as const satisfies Record<string, Kind>;

/** How long tokens work, and how they are used. Source of the half hour: ASVS 5.0, 6.4.3. */
const USES = {
  set_password: {
    lifetimeSecs: 30 * MINUTE_SECS,
    lifetime: '30 minutes',
    path: 'api/v1/auth/reset-password',
    rest: ',"new_password":"..."',
  },
  verify_email: {
    lifetimeSecs: 24 * HOUR_SECS,
    lifetime: '24 hours',
    path: 'api/v1/auth/verify-email',
    rest: '',
  },
} as const;

/**
 * Makes a token and mails it: the job itself holds no secret. Run twice, it sends the mail twice, under one Message-ID and
 * with a token each; either works, and using one voids the other.
 */
@Injectable()
export class TokenMails {
  constructor(
    private readonly tokens: AccountTokenRepository,
    private readonly mailer: Mailer,
    private readonly config: ArcanaConfig,
  ) {}

  /** @returns the job's result: the Message-ID, or why nobody was mailed */
  async send(
    kind: keyof typeof KINDS,
    user_id: string,
    context: Pick<JobContext, 'jobId'>,
  ): Promise<{ message_id: string } | { skipped: string }> {
    const { purpose, subject, text } = KINDS[kind];
    const { lifetimeSecs, lifetime, path, rest } = USES[purpose];
    const { token, hash } = newOpaqueToken();
    const { owner, refusal = 'account_gone' } = await this.tokens.issue({
      user_id,
      purpose,
      mail_id: context.jobId,
      token_hash: hash,
      lifetime_secs: lifetimeSecs,
    });
    if (!owner) return { skipped: refusal };
    const { mail, server } = this.config;
    const base = (server.rest.public_url ?? `http://localhost:${server.rest.port}`).replace(/\/+$/, '');
    const page = mail[`${purpose}_url`];
    return sendAsJob(this.mailer, context, {
      to: owner.email,
      to_name: owner.name,
      ...tokenMail(subject, owner.name, text, { token, lifetime, page, endpoint: `${base}/${path}`, rest }),
    });
  }
}
