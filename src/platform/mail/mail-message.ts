import type { SendMailOptions } from 'nodemailer';
import { localPartOf } from './mail-check.js';
import type { Mail } from './mailer.js';

// RFC 9562: 48 bits of milliseconds, then the version.
const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/i;

/** When the thing that the id names was made; undefined when the id is no UUID v7. */
export function timeOf(messageId: string): Date | undefined {
  const match = UUID_V7.exec(localPartOf(messageId));
  return match ? new Date(Number.parseInt(match[1]! + match[2]!, 16)) : undefined;
}

/** A mail that was found sendable, as the library takes it; the same whenever it is made again. */
export function messageOf(mail: Mail, from: string): SendMailOptions {
  const { to, to_name = '', subject, text, html, message_id, headers } = mail;
  return {
    from,
    to: { name: to_name, address: to },
    subject,
    // The encoder of quoted-printable begins lines at CRLF alone: with LF it would break a token that fits its line.
    text: text.replace(/\r?\n/g, '\r\n'),
    html,
    messageId: message_id,
    date: timeOf(message_id) ?? new Date(),
    // No absence notes in return. Source: RFC 3834, section 5.
    headers: { 'Auto-Submitted': 'auto-generated', ...headers },
    // Text is text, never a path or URL to read.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
