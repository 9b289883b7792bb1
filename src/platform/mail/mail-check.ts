import { isEmail } from 'class-validator';
import { AppError, type FieldError } from '../errors/index.js';
import type { Mail } from './mailer.js';

/** Anything that ends a header line, or that no header may hold. Sources: RFC 5322 section 2.2, CWE-93. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/;
const HEADER_NAME = /^[A-Za-z0-9-]{1,64}$/;
/** Source: RFC 5322 section 3.6.4, without what could not stand in the name of a file. */
const MESSAGE_ID = /^<([A-Za-z0-9][A-Za-z0-9._-]{0,127})@[A-Za-z0-9][A-Za-z0-9.-]{0,127}>$/;
/** Headers that the mail's own fields make. */
const OWN_HEADERS = new Set([
  'from',
  'sender',
  'to',
  'cc',
  'bcc',
  'subject',
  'date',
  'message-id',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'auto-submitted',
]);

/** Refuses what would break out of its place in the mail. Nothing is repaired: a mail is right or it is not sent. */
export function assertSendable(mail: Mail): void {
  const fields: FieldError[] = [];
  const refuse = (field: string, code: string, message: string): void =>
    void fields.push({ field, code, message });
  if (CONTROL.test(mail.to) || !isEmail(mail.to)) refuse('to', 'IS_EMAIL', 'to must be one e-mail address');
  if (mail.to_name !== undefined && CONTROL.test(mail.to_name)) {
    refuse('to_name', 'IS_HEADER_TEXT', 'to_name must be one line of text');
  }
  if (mail.subject === '' || CONTROL.test(mail.subject)) {
    refuse('subject', 'IS_HEADER_TEXT', 'subject must be one line of text');
  }
  if (!MESSAGE_ID.test(mail.message_id)) {
    refuse('message_id', 'MATCHES', 'message_id must be <id@domain>');
  }
  for (const [name, value] of Object.entries(mail.headers ?? {})) {
    if (!HEADER_NAME.test(name) || OWN_HEADERS.has(name.toLowerCase()) || CONTROL.test(value)) {
      refuse('headers', 'IS_HEADER', 'headers must have plain names of their own and one line of text each');
      break;
    }
  }
  if (fields.length > 0) throw new AppError('VALIDATION_FAILED', { fields });
}

/** What stands before the @ of a Message-ID that {@link assertSendable} has let through. */
export const localPartOf = (messageId: string): string => MESSAGE_ID.exec(messageId)![1]!;
