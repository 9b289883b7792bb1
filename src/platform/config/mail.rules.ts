import type { ArcanaConfig } from './arcana-config.js';
import type { Rule } from './configuration-rule.js';
import { mailTransport } from './mail.settings.js';

const inUrl = ['host', 'user', 'password'] as const;

/** Whether a password would cross the network readable. */
function signsInUnencrypted({ mail: { smtp } }: ArcanaConfig): boolean {
  const url = smtp.url === undefined ? undefined : new URL(smtp.url);
  const user = url ? url.username : (smtp.user ?? '');
  return smtp.tls === 'none' && url?.protocol !== 'smtps:' && user !== '';
}

/** What settings of mail must be together. */
export const mailRules: readonly Rule[] = [
  {
    about: ['mail.transport', 'mail.smtp.url', 'mail.smtp.host'],
    problem: ({ mail }, name) =>
      mail.transport === 'smtp' && mail.smtp.url === undefined && mail.smtp.host === undefined
        ? `${name('mail.transport')} is smtp, but there is no server: give its address in ${name('mail.smtp.url')}.`
        : undefined,
  },
  ...inUrl.map((field): Rule => ({
    about: ['mail.smtp.url', `mail.smtp.${field}`],
    problem: ({ mail: { smtp } }, name) =>
      smtp.url !== undefined && smtp[field] !== undefined
        ? `${name('mail.smtp.url')} and ${name(`mail.smtp.${field}`)} are both set: say it in one of them.`
        : undefined,
  })),
  {
    about: ['mail.smtp.user', 'mail.smtp.password'],
    problem: ({ mail: { smtp } }, name) =>
      (smtp.user === undefined) === (smtp.password === undefined)
        ? undefined
        : `${name('mail.smtp.user')} and ${name('mail.smtp.password')} belong together: set both or neither.`,
  },
];

/** What production demands of them besides: mails that nobody gets, and readable passwords, are no accident there. */
export const mailProductionRules: readonly Rule[] = [
  {
    about: ['mail.transport', 'mail.smtp.url', 'mail.smtp.host'],
    problem: ({ mail }, name) =>
      mail.transport === undefined && mailTransport(mail) !== 'smtp'
        ? `${name('mail.smtp.url')} is required in production, where mails must reach people: give it the smtp:// URL of your server, or say with ${name('mail.transport')}=none that no mail is sent.`
        : undefined,
  },
  {
    about: ['mail.smtp.url', 'mail.smtp.user', 'mail.smtp.tls'],
    problem: (config, name) =>
      mailTransport(config.mail) === 'smtp' && signsInUnencrypted(config)
        ? `${name('mail.smtp.tls')} is none, which would send the password of the mail server in clear: use starttls or implicit.`
        : undefined,
  },
];
