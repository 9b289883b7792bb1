import { eventually } from '../support/eventually.js';
import { startProduct } from '../support/over-links.js';
import { decodeQuotedPrintable, tokenIn } from '../support/people.js';
import type { Json } from '../support/rest-client.js';
import { ownCertificate, TestSmtpServer } from '../support/smtp-server.js';

const PASSWORD = 'Tr0mbone-Quartet';

describe('mails of the product', () => {
  let options: Parameters<typeof TestSmtpServer.start>[0];
  let smtp: TestSmtpServer;
  let product: Awaited<ReturnType<typeof startProduct>>;
  const auth = { user: 'arcana', password: 'secret of the mail server' };

  beforeAll(async () => {
    const certificate = await ownCertificate();
    options = { auth, certificate };
    smtp = await TestSmtpServer.start(options);
    product = await startProduct({
      ARCANA_MAIL__SMTP__HOST: '127.0.0.1',
      ARCANA_MAIL__SMTP__PORT: String(smtp.port),
      ARCANA_MAIL__SMTP__USER: auth.user,
      ARCANA_MAIL__SMTP__PASSWORD: auth.password,
      ARCANA_MAIL__SMTP__TLS_CA: certificate.ca,
      ARCANA_SERVER__REST__PUBLIC_URL: 'https://api.example.com',
    });
  });

  afterAll(async () => {
    await (product as typeof product | undefined)?.stop();
    await (smtp as TestSmtpServer | undefined)?.stop();
  });

  const register = (email: string): Promise<unknown> =>
    product.rest.post('/api/v1/auth/register', { name: 'Zoë', email, password: PASSWORD });

  const jobsOf = async (type: string, state: string): Promise<Json[]> => {
    const { token } = await product.people.withRole('super_admin');
    const path = `/api/v1/jobs/jobs?type=${type}&state=${state}`;
    return (await product.rest.get(path, { token })).body.data;
  };

  const mailsTo = (address: string, subject: string): string[] =>
    smtp.mails
      .filter(({ to, raw }) => to.includes(address) && raw.includes(`Subject: ${subject}\r\n`))
      .map(({ raw }) => decodeQuotedPrintable(raw));

  const mailTo = (address: string, subject: string): Promise<string> =>
    eventually(`${subject} to ${address}`, async () => mailsTo(address, subject)[0]);

  it('go to the mail server, encrypted, under the ids of their jobs, and what they say works', async () => {
    const email = product.people.newEmail();
    await register(email);
    const mail = await mailTo(email, 'Verify your e-mail address');
    expect(smtp.mails[0]!.raw).toContain(`To: =?UTF-8?Q?Zo=C3=AB?= <${email}>`);
    expect(mail).toContain('https://api.example.com/api/v1/auth/verify-email');
    const answer = await product.rest.post('/api/v1/auth/verify-email', { token: tokenIn(mail) });
    expect(answer.status).toBe(204);
    const done = await eventually(
      'the job is COMPLETED',
      async () => (await jobsOf('email.verify', 'COMPLETED'))[0],
    );
    expect(mail).toContain(`Message-ID: <${done.id}@arcana-cloud>`);
    expect(smtp.mails.every(({ isEncrypted, user }) => isEncrypted && user === auth.user)).toBe(true);
    expect((await product.rest.get('/health')).body).toMatchObject({ status: 'healthy' });
  });

  it('to a mailbox that does not exist fail at once, without useless tries', async () => {
    const email = product.people.newEmail();
    // Both of its mails, in whichever order.
    smtp.refuse('recipient', 550, '5.1.1 no such user');
    smtp.refuse('recipient', 550, '5.1.1 no such user');
    await register(email);
    for (const type of ['email.verify', 'email.welcome']) {
      const failed = await eventually(`${type} has failed`, async () =>
        [...(await jobsOf(type, 'FAILED')), ...(await jobsOf(type, 'DEAD_LETTER'))].at(0),
      );
      expect(failed.attempts_made).toBe(1);
      expect(JSON.stringify(failed)).toContain('550 5.1.1');
      expect(JSON.stringify(failed)).not.toContain(email);
    }
  });

  it('wait while the server is away, and arrive once; the product is ready all the while', async () => {
    const { rest, people, app } = product;
    const email = people.newEmail();
    await register(email);
    await mailTo(email, 'Welcome to Arcana Cloud');
    const { port } = smtp;
    await smtp.stop();
    expect((await rest.post('/api/v1/auth/forgot-password', { email })).status).toBe(202);
    await eventually('health is degraded', async () => {
      const { body } = await rest.get('/health');
      return body.status === 'degraded' ? body : undefined;
    });
    expect((await rest.get('/health/ready')).status).toBe(200);
    expect((await fetch(`${app.managementUrl}/health/ready`)).status).toBe(200);
    smtp = await TestSmtpServer.start({ ...options, port });
    const token = tokenIn(await mailTo(email, 'Set a new password'));
    const answer = await rest.post('/api/v1/auth/reset-password', { token, new_password: `${PASSWORD}-2` });
    expect(answer.status).toBe(204);
    await eventually('the job is COMPLETED', async () =>
      (await jobsOf('email.password_reset', 'COMPLETED')).at(0),
    );
    expect(mailsTo(email, 'Set a new password')).toHaveLength(1);
    await eventually('health is as before', async () => {
      const { body } = await rest.get('/health');
      return body.status === 'healthy' ? body : undefined;
    });
  });
});
