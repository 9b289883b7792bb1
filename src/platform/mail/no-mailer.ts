import { Logger } from '@nestjs/common';
import { assertSendable } from './mail-check.js';
import { Mailer, type Mail, type SentMail } from './mailer.js';

/** Sends nothing, because somebody said so: who has no use for mails need not run a server for them. */
export class NoMailer extends Mailer {
  readonly #logger = new Logger('Mailer');

  async send(mail: Mail): Promise<SentMail> {
    assertSendable(mail);
    this.#logger.warn('A mail was not sent: mail.transport is none');
    return { location: 'nowhere' };
  }
}
