import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { scratchDirectory } from './run-directory.js';
import { noteMail } from './used-secrets.js';

const run = promisify(execFile);

/** A mail as the server got it. */
export interface ReceivedMail {
  /** Envelope. */
  from: string;
  to: string[];
  /** What was sent after DATA. */
  raw: string;
  messageId: string;
  isEncrypted: boolean;
  user: string | undefined;
}

export interface CertificatePaths {
  /** PEM file of the authority. */
  ca: string;
  key: string;
  cert: string;
}

interface SmtpServerOptions {
  /** Fixed, for a server that comes back where another one was. */
  port?: number;
  /** Accepts this user alone. */
  auth?: { user: string; password: string };
  /** Offers STARTTLS with this certificate. */
  certificate?: CertificatePaths;
  /** TLS from the first byte, with that certificate. */
  implicit?: boolean;
}

type Stage = 'connect' | 'sender' | 'recipient' | 'data';

/** A reply that refuses, as `smtp-server` wants it. */
const reply = (code: number, message: string): Error =>
  Object.assign(new Error(message), { responseCode: code });

/** A real SMTP server on the loopback address, with the moods that such servers have. */
export class TestSmtpServer {
  readonly mails: ReceivedMail[] = [];
  /** Connections that were opened so far. */
  connections = 0;
  #open = 0;
  readonly #server: SMTPServer;
  readonly #replies = new Map<Stage, [code: number, message: string][]>();
  readonly #waiting = new Set<() => void>();
  #onData: (mail: ReceivedMail) => void = () => undefined;

  private constructor({ auth, certificate, implicit = false }: SmtpServerOptions, tls: object) {
    this.#server = new SMTPServer({
      ...tls,
      secure: implicit,
      authOptional: auth === undefined,
      disabledCommands: [...(certificate ? [] : ['STARTTLS']), ...(auth ? [] : ['AUTH'])],
      disableReverseLookup: true,
      closeTimeout: 100,
      onAuth: ({ username, password }, _session, callback) => {
        const isRight = username === auth?.user && password === auth?.password;
        callback(isRight ? null : reply(535, 'Authentication failed'), { user: username });
      },
      onConnect: (_session, callback) => {
        this.connections++;
        this.#open++;
        callback(this.#next('connect'));
      },
      onClose: () => {
        if (--this.#open === 0) this.#wake();
      },
      onMailFrom: (_address, _session, callback) => callback(this.#next('sender')),
      onRcptTo: (_address, _session, callback) => callback(this.#next('recipient')),
      onData: (stream, session, callback) => void this.#receive(stream, session, callback),
    });
    // A client that hangs up is no failure of the server's.
    this.#server.on('error', () => undefined);
  }

  static async start(options: SmtpServerOptions = {}): Promise<TestSmtpServer> {
    const { certificate, port = 0 } = options;
    const tls = certificate
      ? { key: await readFile(certificate.key), cert: await readFile(certificate.cert) }
      : {};
    const smtp = new TestSmtpServer(options, tls);
    smtp.#server.listen(port, '127.0.0.1');
    await once(smtp.#server.server, 'listening');
    return smtp;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  /** Refuses the next one to come to this stage. */
  refuse(stage: Stage, code: number, message: string): void {
    this.#replies.set(stage, [...(this.#replies.get(stage) ?? []), [code, message]]);
  }

  /** Calls when a mail has arrived whole, before the client is told. */
  beforeAccepting(callback: (mail: ReceivedMail) => void): void {
    this.#onData = callback;
  }

  /** Resolves as soon as so many mails have arrived in all. */
  async received(count: number): Promise<ReceivedMail[]> {
    while (this.mails.length < count) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    return this.mails;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve));
  }

  /** Resolves when every connection is closed. */
  async idle(): Promise<void> {
    while (this.#open > 0) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #next(stage: Stage): Error | null {
    const next = this.#replies.get(stage)?.shift();
    return next ? reply(...next) : null;
  }

  async #receive(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    callback: (error?: Error | null) => void,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of stream) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const refusal = this.#next('data');
    if (refusal) {
      callback(refusal);
      return;
    }
    const raw = Buffer.concat(chunks).toString();
    noteMail(raw);
    const { mailFrom, rcptTo } = session.envelope;
    const mail: ReceivedMail = {
      from: mailFrom ? mailFrom.address : '',
      to: rcptTo.map(({ address }) => address),
      raw,
      messageId: /^Message-ID: (.*)$/im.exec(raw)?.[1]?.trim() ?? '',
      isEncrypted: session.secure,
      user: session.user,
    };
    this.mails.push(mail);
    this.#onData(mail);
    this.#wake();
    callback();
  }
}

/** An authority of our own and a certificate of its for 127.0.0.1 and localhost, as a company without a public one has. */
export async function ownCertificate(): Promise<CertificatePaths> {
  const directory = await scratchDirectory('certificate');
  const at = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args, { cwd: directory });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-subj',
    '/CN=Test CA',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
  );
  await openssl(
    'req',
    '-x509',
    ...key,
    '-subj',
    '/CN=localhost',
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca.key'),
    '-addext',
    'subjectAltName=IP:127.0.0.1,DNS:localhost',
    '-addext',
    'basicConstraints=critical,CA:FALSE',
    '-keyout',
    at('server.key'),
    '-out',
    at('server.pem'),
  );
  return { ca: at('ca.pem'), key: at('server.key'), cert: at('server.pem') };
}
