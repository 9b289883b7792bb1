import { Section, Setting } from './setting.js';

export const MAIL_TRANSPORTS = ['smtp', 'file', 'none'] as const;
export type MailTransport = (typeof MAIL_TRANSPORTS)[number];

export const SMTP_TLS_MODES = ['starttls', 'implicit', 'none'] as const;
export type SmtpTlsMode = (typeof SMTP_TLS_MODES)[number];

const milliseconds = { type: 'integer', min: 1, max: 600_000 } as const;

/** The SMTP server that mails are handed to. */
export class SmtpSettings {
  @Setting({
    type: 'url',
    schemes: ['smtp', 'smtps'],
    optional: true,
    description:
      'The server in one line, for example smtp://user:password@mail.example.com:587 (smtps:// is TLS from the first byte); instead of host, port, user and password.',
  })
  url?: string;

  @Setting({
    type: 'text',
    maxLength: 255,
    optional: true,
    description: 'Host of the server; unset, and no url either: no SMTP.',
  })
  host?: string;

  @Setting({
    type: 'integer',
    min: 1,
    max: 65_535,
    description: 'Port of the server; 587 is usual for starttls, 465 for implicit.',
  })
  port: number = 587;

  @Setting({
    type: 'text',
    maxLength: 320,
    optional: true,
    description: 'User to sign in as; unset: without signing in.',
  })
  user?: string;

  @Setting({
    type: 'text',
    maxLength: 1024,
    secret: true,
    optional: true,
    description: "That user's password.",
  })
  password?: string;

  @Setting({
    type: 'choice',
    values: SMTP_TLS_MODES,
    description:
      'How the connection is encrypted: starttls (nothing is sent before the upgrade, and a server that offers none is refused), implicit (TLS from the first byte; what smtps:// means), or none.',
  })
  tls: SmtpTlsMode = 'starttls';

  @Setting({
    type: 'path',
    optional: true,
    description:
      "PEM file of the authorities that may sign the server's certificate; unset: those that Node.js comes with.",
  })
  tls_ca?: string;

  @Setting({ ...milliseconds, description: 'Time to open a connection, and again for the greeting.' })
  connect_timeout_ms: number = 10_000;

  @Setting({
    ...milliseconds,
    description:
      'Time to hand over one mail, waiting for a free connection included; then the job tries again.',
  })
  send_timeout_ms: number = 30_000;

  @Setting({
    type: 'integer',
    min: 1,
    max: 100,
    description: 'Connections to the server that one process keeps open at most.',
  })
  max_connections: number = 5;
}

/** Mails: who sends them, how, and where their links lead. */
export class MailSettings {
  @Setting({ type: 'text', maxLength: 320, description: 'Sender of every mail.' })
  from: string = 'Arcana Cloud <no-reply@arcana.localhost>';

  @Setting({
    type: 'choice',
    values: MAIL_TRANSPORTS,
    optional: true,
    description:
      'What becomes of mails: smtp, file (one .eml file each), or none (they are not sent at all); unset: smtp where a server is configured, else file, which production refuses unless it is said here.',
  })
  transport?: MailTransport;

  @Setting({ type: 'path', within: 'mail', description: 'Where mails are written when they are not sent.' })
  directory: string = '.arcana/mail';

  @Section(SmtpSettings)
  smtp: SmtpSettings = new SmtpSettings();

  @Setting({
    type: 'url',
    schemes: ['http', 'https'],
    optional: true,
    description:
      'Page of yours on which a password is set; mails link to it with the token behind #token=, which browsers send nowhere. Unset: mails say which call of the API to make.',
  })
  set_password_url?: string;

  @Setting({
    type: 'url',
    schemes: ['http', 'https'],
    optional: true,
    description: 'Page of yours on which an e-mail address is verified, likewise.',
  })
  verify_email_url?: string;
}

/** What becomes of mails where nobody says so. */
export const mailTransport = ({ transport, smtp }: MailSettings): MailTransport =>
  transport ?? (smtp.url !== undefined || smtp.host !== undefined ? 'smtp' : 'file');
