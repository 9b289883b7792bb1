/** One mail to one person, as plain data. */
export interface Mail {
  /** One address: `somebody@example.com`, without a display name. */
  to: string;
  /** Name to show beside the address. */
  to_name?: string;
  subject: string;
  text: string;
  html: string;
  /**
   * The Message-ID, `<id@domain>`: the same whenever the mail is made again, so that a repeated mail is recognised as
   * one. `id` is best the id of the job that sends it (a UUID v7, whose time the mail then bears); letters, digits,
   * dot, hyphen and underscore, at most 128.
   */
  message_id: string;
  /** Further headers, name to value. */
  headers?: Record<string, string>;
}

export interface SentMail {
  /** Where the mail went: the path of its file, or the server that took it. */
  location: string;
}

/**
 * The server refused this mail for good: no such mailbox, or not a mail it takes. Sending it again would end the same
 * way. The message names the reply's codes alone, because its words may repeat the address.
 */
export class MailRefused extends Error {}

/** Port: sends mails. Sending the same mail twice, by `message_id`, is sending it once. */
export abstract class Mailer {
  /**
   * @throws VALIDATION_FAILED when an address, a name, the subject, the id or a header could not stand in a mail as it
   *   is; {@link MailRefused} when the server will not take it, now or later; SERVICE_UNAVAILABLE when it could not be
   *   handed over, or nobody knows whether it was, and may be tried again
   */
  abstract send(mail: Mail): Promise<SentMail>;
}
