/**
 * Mail: the `Mailer` port and its adapters, which hand mails to an SMTP server, write each as a file, or send none; and
 * what jobs that send mails have in common.
 */
export { Mailer, MailRefused } from './mailer.js';
export type { Mail, SentMail } from './mailer.js';
export { escapeHtml } from './escape-html.js';
export { FileMailer } from './file.mailer.js';
export { MAIL_RETRY, MAIL_TIMEOUT_MS, sendAsJob } from './mail-job.js';
export { MailModule } from './mail.module.js';
export { SmtpMailer } from './smtp.mailer.js';
