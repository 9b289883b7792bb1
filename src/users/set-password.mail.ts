import { escapeHtml } from '../platform/mail/index.js';

export interface MailText {
  subject: string;
  text: string;
  html: string;
}

/**
 * The mail with which a new account's owner sets a password. It names the call to make, because the product has no page
 * for it.
 * @param url address of the REST API, without a trailing slash needed
 */
export function setPasswordMail(name: string, token: string, url: string, minutes: number): MailText {
  const endpoint = `${url.replace(/\/+$/, '')}/api/v1/auth/reset-password`;
  const body = `{"token":"${token}","new_password":"..."}`;
  const opening = 'An account was made for you. To use it, set a password of your own.';
  const how = `Within ${minutes} minutes, send a POST request to ${endpoint} with this body, the new password in place of the dots:`;
  const ending = 'The token works once. If you expected no account, ignore this mail.';
  return {
    subject: 'Set your password',
    text: `Hello ${name},\n\n${opening}\n\n${how}\n\n  ${body}\n\n${ending}\n`,
    html: `<p>Hello ${escapeHtml(name)},</p><p>${opening}</p><p>${escapeHtml(how)}</p><pre>${escapeHtml(body)}</pre><p>${ending}</p>`,
  };
}
