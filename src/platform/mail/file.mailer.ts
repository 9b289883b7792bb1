import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { AppError } from '../errors/index.js';
import { assertSendable, localPartOf } from './mail-check.js';
import { messageOf, timeOf } from './mail-message.js';
import { Mailer, type Mail, type SentMail } from './mailer.js';

interface FileMailerOptions {
  /** Sender, `Name <address>`. */
  from: string;
  /** Absolute path; made when missing. */
  directory: string;
}

/**
 * Writes each mail as one file, `<time>-<id>.eml`, readable by the owner alone: mails hold links that open accounts.
 * The time is the one inside the id, so a mail that is sent again replaces its file. An id without a time makes
 * `<id>.eml`. Files appear whole or not at all.
 */
export class FileMailer extends Mailer {
  readonly #logger = new Logger('Mailer');
  readonly #composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });

  constructor(private readonly options: FileMailerOptions) {
    super();
  }

  async send(mail: Mail): Promise<SentMail> {
    assertSendable(mail);
    const content = await this.#compose(mail);
    try {
      await mkdir(this.options.directory, { recursive: true, mode: 0o700 });
      const location = join(this.options.directory, fileNameOf(mail.message_id));
      await writeWhole(location, content);
      // The path alone: what the mail says, and to whom, is nobody's business in a log.
      this.#logger.log(`Wrote a mail to ${location}`);
      return { location };
    } catch (error) {
      throw new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 10, cause: error });
    }
  }

  async #compose(mail: Mail): Promise<Buffer> {
    const { message } = await this.#composer.sendMail(messageOf(mail, this.options.from));
    return message as Buffer;
  }
}

/** `2026-11-21T11-24-15-123Z-<id>.eml`: sorts by time, and no character troubles any file system. */
function fileNameOf(messageId: string): string {
  const time = timeOf(messageId)?.toISOString().replace(/[:.]/g, '-');
  return `${time ? `${time}-` : ''}${localPartOf(messageId)}.eml`;
}

/** Writes beside the target, forces it to disk and renames: nobody ever reads half a mail. */
async function writeWhole(path: string, content: Buffer): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.draft`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
