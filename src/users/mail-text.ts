import { escapeHtml } from '../platform/mail/index.js';

/** What a mail says, in both forms. */
export interface MailText {
  subject: string;
  text: string;
  html: string;
}

/** What mail programs and readers take for a link: strangers open accounts in names that advertise one. */
const LINK_LIKE = /[/@]|\p{L}[.:]\p{L}/u;

const greeting = (name: string): string => (LINK_LIKE.test(name) ? 'Hello,' : `Hello ${name},`);

/** A mail of paragraphs under a greeting. */
export function plainMail(subject: string, name: string, paragraphs: readonly string[]): MailText {
  const all = [greeting(name), ...paragraphs];
  return {
    subject,
    text: `${all.join('\n\n')}\n`,
    html: all.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join(''),
  };
}

/** How the reader uses the token that a mail brings. */
export interface TokenUse {
  token: string;
  /** `30 minutes` */
  lifetime: string;
  /** The page to open; absent: the reader is told the call to make. */
  page?: string | undefined;
  /** Address of the call. */
  endpoint: string;
  /** Members of its body beside the token, as JSON. */
  rest: string;
}

/**
 * A mail with a token. On a page, the token stands behind #: browsers send that to no server, so it gets into no log and
 * no Referer header.
 */
export function tokenMail(
  subject: string,
  name: string,
  [opening, ending]: readonly [string, string],
  { token, lifetime, page, endpoint, rest }: TokenUse,
): MailText {
  const link = page === undefined ? undefined : `${page.replace(/#.*$/, '')}#token=${token}`;
  const how =
    link === undefined
      ? `Within ${lifetime}, send a POST request to ${endpoint} with this body:`
      : `Within ${lifetime}, open this page:`;
  const what = link ?? `{"token":"${token}"${rest}}`;
  const shown =
    link === undefined
      ? `<pre>${escapeHtml(what)}</pre>`
      : `<p><a href="${escapeHtml(what)}">${escapeHtml(what)}</a></p>`;
  const hello = greeting(name);
  return {
    subject,
    text: `${hello}\n\n${opening}\n\n${how}\n\n  ${what}\n\n${ending}\n`,
    html: `<p>${escapeHtml(hello)}</p><p>${opening}</p><p>${escapeHtml(how)}</p>${shown}<p>${ending}</p>`,
  };
}
