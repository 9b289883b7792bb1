/** One mail to one person, as plain data. */
export interface Mail {
  /** One address: `somebody@example.com`, without a display name. */
  to: string;
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
  /** Where the mail went: the path of its file. */
  location: string;
}

/** Port: sends mails. Sending the same mail twice, by `message_id`, is sending it once. */
export abstract class Mailer {
  /**
   * @throws VALIDATION_FAILED when an address, the subject, the id or a header could not stand in a mail as it is,
   *   SERVICE_UNAVAILABLE when the mail could not be handed over and may be tried again
   */
  abstract send(mail: Mail): Promise<SentMail>;
}
