import { Logger, type OnModuleDestroy } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import type { SmtpSettings } from '../config/index.js';
import { RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { assertSendable } from './mail-check.js';
import { messageOf } from './mail-message.js';
import { Mailer, MailRefused, type Mail, type SentMail } from './mailer.js';
import { smtpOptions } from './smtp-options.js';

interface SmtpMailerOptions {
  /** Sender, `Name <address>`. */
  from: string;
  smtp: SmtpSettings;
}

/** What the library tells of a failure. */
interface SmtpFailure {
  /** EENVELOPE, ECONNECTION ... */
  code?: string;
  /** The SMTP reply, where there was one. */
  responseCode?: number;
  response?: string;
  /** What it replied to: `RCPT TO`, `DATA` ... */
  command?: string;
}

/** How long it is believed that the server answers, and that it does not. Milliseconds. */
const BELIEVED_UP_MS = 30_000;
const BELIEVED_DOWN_MS = 5_000;
const RETRY_AFTER_SECONDS = 10;
/** RFC 3463: `550 5.1.1 no such mailbox`. */
const ENHANCED_CODE = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/;

/** Hands mails to an SMTP server over a few connections that are kept open. */
export class SmtpMailer extends Mailer implements OnModuleDestroy {
  readonly #logger = new Logger('Mailer');
  readonly #from: string;
  readonly #sendTimeoutMs: number;
  readonly #location: string;
  readonly #transport;
  #isClosed = false;
  #known: { until: number; answers: Promise<unknown> } | undefined;

  /** @throws Error in one sentence when a file that the settings name cannot be read */
  constructor({ from, smtp }: SmtpMailerOptions) {
    super();
    const options = smtpOptions(smtp);
    this.#from = from;
    this.#sendTimeoutMs = smtp.send_timeout_ms;
    this.#location = `smtp://${options.host}:${options.port}`;
    this.#transport = createTransport(options);
    // Failures of idle connections: the next mail opens a new one, and tells if that fails.
    this.#transport.on('error', (error: Error & SmtpFailure) => this.#logger.debug(describe(error)));
  }

  async send(mail: Mail): Promise<SentMail> {
    assertSendable(mail);
    // A closed pool would take the mail and never answer.
    if (this.#isClosed) throw unavailable(new Error('the mailer is closed'));
    try {
      await this.#transport.sendMail({ ...messageOf(mail, this.#from), signal: this.#limit() });
      this.#learn(true);
      return { location: this.#location };
    } catch (error) {
      if (isRefusal(error as SmtpFailure)) {
        throw new MailRefused(
          `The mail server refused the mail for good: ${describe(error as SmtpFailure)}.`,
        );
      }
      this.#learn(false);
      // Neither to whom nor what: the server's words may repeat both.
      this.#logger.warn(`A mail could not be handed to ${this.#location}: ${describe(error as SmtpFailure)}`);
      throw unavailable(error);
    }
  }

  /** Resolves when the server lets us in, or did so a moment ago; asks it seldom, however often it is called. */
  async check(): Promise<void> {
    if (!this.#known || this.#known.until < Date.now()) {
      const answers = this.#transport.verify();
      this.#known = { until: Date.now() + BELIEVED_UP_MS, answers };
      answers.catch((error: unknown) => {
        this.#learn(false);
        this.#logger.warn(`${this.#location} does not answer: ${describe(error as SmtpFailure)}`);
      });
    }
    await this.#known.answers;
  }

  /** After the workers have stopped: whatever is on its way is finished, and idle connections are closed. */
  onModuleDestroy(): void {
    this.#isClosed = true;
    this.#transport.close();
  }

  /** The time a mail may take, waiting for a connection included; the job's own end comes first if it is sooner. */
  #limit(): AbortSignal {
    const own = AbortSignal.timeout(this.#sendTimeoutMs);
    const outer = RequestContext.current()?.signal;
    return outer ? AbortSignal.any([own, outer]) : own;
  }

  #learn(isUp: boolean): void {
    const answers = isUp ? Promise.resolve() : Promise.reject(new Error('the last attempt failed'));
    answers.catch(() => undefined);
    this.#known = { until: Date.now() + (isUp ? BELIEVED_UP_MS : BELIEVED_DOWN_MS), answers };
  }
}

const unavailable = (cause: unknown): AppError =>
  new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: RETRY_AFTER_SECONDS, cause });

/**
 * A 5xx to this recipient or this content. One to our greeting, password or sender is about how we are configured: the
 * mail itself is fine, and goes out when that is put right.
 */
const isRefusal = ({ responseCode = 0, command = '' }: SmtpFailure): boolean =>
  responseCode >= 500 && responseCode < 600 && (command === 'RCPT TO' || command === 'DATA');

/** Codes alone. */
function describe({ code, responseCode, response = '', command }: SmtpFailure): string {
  const enhanced = ENHANCED_CODE.exec(response)?.[1];
  const reply = [responseCode, enhanced].filter((part) => part !== undefined).join(' ');
  return [reply || code || 'unknown error', command && `to ${command}`].filter(Boolean).join(' ');
}
