import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SmtpSettings } from '../../src/platform/config/index.js';
import { MailRefused, SmtpMailer, type Mail } from '../../src/platform/mail/index.js';
import { ownCertificate, TestSmtpServer, type CertificatePaths } from '../support/smtp-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const JOB_ID = '019b76da-a87b-7abc-8def-0123456789ab';
const MAIL: Mail = {
  to: 'ada@example.com',
  to_name: 'Ada Lovelace',
  subject: 'Grüße aus Köln',
  text: 'Open https://example.com/verify#token=secret-token\n',
  html: '<p>Open <a href="https://example.com/verify#token=secret-token">this</a></p>',
  message_id: `<${JOB_ID}@arcana-cloud>`,
};
const UNAVAILABLE = { code: 'SERVICE_UNAVAILABLE' };

const closing: (() => unknown)[] = [];
const log: string[] = [];

beforeEach(() => {
  log.length = 0;
  for (const level of ['debug', 'log', 'warn', 'error'] as const) {
    jest.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => void log.push(String(line)));
  }
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  jest.restoreAllMocks();
});

async function server(...options: Parameters<typeof TestSmtpServer.start>): Promise<TestSmtpServer> {
  const smtp = await TestSmtpServer.start(...options);
  closing.push(() => smtp.stop());
  return smtp;
}

function mailer(settings: Partial<SmtpSettings>): SmtpMailer {
  const smtp = Object.assign(new SmtpSettings(), { tls: 'none' }, settings);
  const made = new SmtpMailer({ from: 'Arcana Cloud <no-reply@arcana.localhost>', smtp });
  closing.push(() => made.onModuleDestroy());
  return made;
}

/** A server that takes connections and says nothing. */
async function silentServer(): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  const silent: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  return `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
}

describe('a mail handed to an SMTP server', () => {
  it('arrives whole, with both parts, under its own Message-ID', async () => {
    const smtp = await server();
    const sent = await mailer({ url: smtp.url }).send(MAIL);
    expect(sent).toEqual({ location: smtp.url });
    const [mail] = smtp.mails;
    expect(mail).toMatchObject({
      from: 'no-reply@arcana.localhost',
      to: ['ada@example.com'],
      messageId: MAIL.message_id,
    });
    const head = mail!.raw.split('\r\n\r\n')[0]!.split('\r\n');
    expect(head).toEqual(
      expect.arrayContaining([
        'From: Arcana Cloud <no-reply@arcana.localhost>',
        'To: Ada Lovelace <ada@example.com>',
        'Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=',
        'Auto-Submitted: auto-generated',
        'Date: Thu, 01 Jan 2026 00:00:00 +0000',
      ]),
    );
    expect(mail!.raw).toContain('Content-Type: text/plain; charset=utf-8');
    expect(mail!.raw).toContain('Content-Type: text/html; charset=utf-8');
  });

  it.each([
    ['Zoë Ångström', 'To: =?UTF-8?Q?Zo=C3=AB_=C3=85ngstr=C3=B6m?= <ada@example.com>'],
    ['李清照', 'To: =?UTF-8?B?5p2O5riF54Wn?= <ada@example.com>'],
    ['Ada "Bcc" <eve@example.com>', 'To: "Ada \\"Bcc\\" <eve@example.com>" <ada@example.com>'],
  ])('names %s in a way that every program reads', async (to_name, header) => {
    const smtp = await server();
    await mailer({ url: smtp.url }).send({ ...MAIL, to_name });
    expect(smtp.mails[0]!.raw.split('\r\n')).toContain(header);
    expect(smtp.mails[0]!.to).toEqual(['ada@example.com']);
  });

  it.each<[string, Partial<Mail>]>([
    ['to', { to: 'ada@example.com\r\nRCPT TO:<eve@example.com>' }],
    ['to_name', { to_name: 'Ada\r\nBcc: eve@example.com' }],
    ['subject', { subject: 'Hello\nBcc: eve@example.com' }],
    ['message_id', { message_id: `<${JOB_ID}@a>\r\nBcc: eve@example.com` }],
    ['headers', { headers: { 'X-Note': 'a\rBcc: eve@example.com' } }],
  ])('cannot break out of its place by %s', async (field, part) => {
    const smtp = await server();
    await expect(mailer({ url: smtp.url }).send({ ...MAIL, ...part })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ field }],
    });
    expect(smtp.connections).toBe(0);
  });

  it('keeps a line of its own that looks like the end of the mail', async () => {
    const smtp = await server();
    await mailer({ url: smtp.url }).send({ ...MAIL, text: 'one\r\n.\r\nMAIL FROM:<eve@example.com>\r\n' });
    expect(smtp.mails).toHaveLength(1);
    expect(smtp.mails[0]!.raw).toContain('one\r\n.\r\nMAIL FROM:<eve@example.com>');
  });

  it('goes over few connections, which are used again and closed with the mailer', async () => {
    const smtp = await server();
    const pooled = mailer({ url: smtp.url, max_connections: 2 });
    await Promise.all(Array.from({ length: 12 }, () => pooled.send(MAIL)));
    expect(smtp.mails).toHaveLength(12);
    expect(smtp.connections).toBeLessThanOrEqual(2);
    pooled.onModuleDestroy();
    await expect(pooled.send(MAIL)).rejects.toMatchObject(UNAVAILABLE);
    await smtp.idle();
  });
});

describe('signing in to the server', () => {
  const auth = { user: 'arcana@example.com', password: 'p@ss:w/ord%' };
  let certificate: CertificatePaths;

  beforeAll(async () => {
    certificate = await ownCertificate();
  });

  it.each(['starttls', 'implicit'] as const)('works over %s, with an authority of our own', async (tls) => {
    const smtp = await server({ auth, certificate, implicit: tls === 'implicit' });
    const { user, password } = auth;
    const at = { host: '127.0.0.1', port: smtp.port, user, password, tls, tls_ca: certificate.ca };
    await mailer(at).send(MAIL);
    expect(smtp.mails[0]).toMatchObject({ isEncrypted: true, user });
  });

  it('reads user, password and kind of encryption out of a URL', async () => {
    const smtp = await server({ auth, certificate, implicit: true });
    const credentials = `${encodeURIComponent(auth.user)}:${encodeURIComponent(auth.password)}`;
    const url = `smtps://${credentials}@127.0.0.1:${smtp.port}`;
    await mailer({ url, tls: 'starttls', tls_ca: certificate.ca }).send(MAIL);
    expect(smtp.mails[0]).toMatchObject({ isEncrypted: true, user: auth.user });
  });

  it('does not happen where the certificate is not of a known authority', async () => {
    const smtp = await server({ auth, certificate });
    const { user, password } = auth;
    const strangers = mailer({ host: '127.0.0.1', port: smtp.port, user, password, tls: 'starttls' });
    await expect(strangers.send(MAIL)).rejects.toMatchObject(UNAVAILABLE);
    expect(smtp.mails).toEqual([]);
  });

  it('does not happen in clear where the server, or somebody in between, offers no STARTTLS', async () => {
    const smtp = await server();
    const url = `smtp://user:hidden-password@127.0.0.1:${smtp.port}`;
    await expect(mailer({ url, tls: 'starttls' }).send(MAIL)).rejects.toMatchObject(UNAVAILABLE);
    expect(smtp.mails).toEqual([]);
  });

  it('that fails is a matter of configuration: the mail may be tried again, and no log has the password', async () => {
    const smtp = await server({ auth, certificate });
    const wrong = {
      user: auth.user,
      password: 'hidden-password',
      tls: 'starttls',
      tls_ca: certificate.ca,
    } as const;
    await expect(mailer({ host: '127.0.0.1', port: smtp.port, ...wrong }).send(MAIL)).rejects.toMatchObject(
      UNAVAILABLE,
    );
    expect(log).toEqual([expect.stringContaining('535')]);
    expect(log.join()).not.toMatch(/hidden-password|ada@example\.com/);
  });

  it('needs authorities that can be read, or the start is refused in one sentence', () => {
    expect(() => mailer({ host: 'a', tls_ca: '/nowhere.pem' })).toThrow(
      'ARCANA_MAIL__SMTP__TLS_CA names /nowhere.pem, which is no readable PEM file with certificates',
    );
    expect(() => mailer({ host: 'a', tls_ca: certificate.key })).toThrow('no readable PEM file');
  });
});

describe('what the server refuses', () => {
  it.each<[string, 'recipient' | 'data', number]>([
    ['a mailbox that does not exist', 'recipient', 550],
    ['a mail that it takes for spam', 'data', 554],
  ])('for good is not worth another try: %s', async (_, stage, code) => {
    const smtp = await server();
    smtp.refuse(stage, code, '5.1.1 no: ada@example.com');
    const refused = await mailer({ url: smtp.url })
      .send(MAIL)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(MailRefused);
    expect((refused as Error).message).toContain(`${code} 5.1.1`);
    expect((refused as Error).message + log.join()).not.toContain('ada@example.com');
  });

  it.each<[string, 'connect' | 'sender' | 'recipient' | 'data', number]>([
    ['too many connections', 'connect', 421],
    ['greylisting', 'recipient', 451],
    ['a full mailbox', 'recipient', 452],
    ['no space left', 'data', 452],
    ['a sender that is not ours, which is about the configuration', 'sender', 553],
  ])('for now is, and arrives with the next try: %s', async (_, stage, code) => {
    const smtp = await server();
    smtp.refuse(stage, code, 'not now, ada@example.com');
    const patient = mailer({ url: smtp.url });
    await expect(patient.send(MAIL)).rejects.toMatchObject(UNAVAILABLE);
    expect(log.join()).toContain(String(code));
    expect(log.join()).not.toContain('ada@example.com');
    await patient.send(MAIL);
    expect(smtp.mails.map(({ messageId }) => messageId)).toEqual([MAIL.message_id]);
  });
});

describe('a server that is not there', () => {
  it('may be back for the next try', async () => {
    const first = await TestSmtpServer.start();
    const { port, url } = first;
    await first.stop();
    const patient = mailer({ url });
    await expect(patient.send(MAIL)).rejects.toMatchObject(UNAVAILABLE);
    const smtp = await server({ port });
    await patient.send(MAIL);
    expect(smtp.mails).toHaveLength(1);
  });

  it('in its silence is not waited for longer than configured, at the greeting and in the middle', async () => {
    const limits = { connect_timeout_ms: 100, send_timeout_ms: 200 };
    const mute = mailer({ url: await silentServer(), ...limits });
    await expect(mute.send(MAIL)).rejects.toMatchObject(UNAVAILABLE);

    const smtp = await server();
    const proxy = await TcpProxy.start(smtp.url);
    closing.push(() => proxy.stop());
    const frozen = mailer({
      url: proxy.url.replace(/\/$/, ''),
      connect_timeout_ms: 5000,
      send_timeout_ms: 300,
    });
    await frozen.send(MAIL);
    proxy.freeze();
    await expect(frozen.send(MAIL)).rejects.toMatchObject(UNAVAILABLE);
  });

  it('after it has taken the mail: the mail may come twice, under the same Message-ID', async () => {
    const smtp = await server();
    const proxy = await TcpProxy.start(smtp.url);
    closing.push(() => proxy.stop());
    const cut = mailer({ url: proxy.url });
    smtp.beforeAccepting(() => proxy.cut());
    await expect(cut.send(MAIL)).rejects.toMatchObject(UNAVAILABLE);
    smtp.beforeAccepting(() => undefined);
    proxy.restore();
    await cut.send(MAIL);
    expect(smtp.mails.map(({ messageId }) => messageId)).toEqual([MAIL.message_id, MAIL.message_id]);
  });

  it('is told by the health check, which asks it seldom', async () => {
    const smtp = await server();
    const healthy = mailer({ url: smtp.url });
    for (let probe = 0; probe < 5; probe++) await healthy.check();
    expect(smtp.connections).toBe(1);
    const gone = mailer({ url: 'smtp://127.0.0.1:1' });
    await expect(gone.check()).rejects.toThrow();
    await expect(gone.check()).rejects.toThrow('the last attempt failed');
  });
});
