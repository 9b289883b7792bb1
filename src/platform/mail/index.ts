/**
 * Mail: the `Mailer` port and the adapter that writes each mail as a file. No mail leaves the machine in this release,
 * in production neither: whoever runs the product collects the files.
 */
export { Mailer } from './mailer.js';
export type { Mail, SentMail } from './mailer.js';
export { escapeHtml } from './escape-html.js';
export { FileMailer } from './file.mailer.js';
export { MailModule } from './mail.module.js';
