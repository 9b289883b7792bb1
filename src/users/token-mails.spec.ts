import { describe, expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import type { Mailer } from '../platform/mail/index.js';
import type { AccountTokenRepository } from './account-token.repository.js';
import type { IssuedToken } from './dto/account-token.dto.js';
import { hashOpaqueToken } from './opaque-token.js';
import { PasswordResetEmailHandler } from './password-reset-email.handler.js';
import { SetPasswordEmailHandler } from './set-password-email.handler.js';
import { TokenMails } from './token-mails.js';
import { VerifyEmailHandler } from './verify-email.handler.js';

const USER = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';
const JOB = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a00';
const context = strictMock<never>('JobContext', { jobId: JOB } as never);
const owner = { user_id: USER, name: 'Ada & Co', email: 'ada@example.com' };

function setUp(issued: IssuedToken = { owner }, configure: (config: ArcanaConfig) => void = () => undefined) {
  const config = new ArcanaConfig();
  configure(config);
  const tokens = strictMock<AccountTokenRepository>('AccountTokenRepository', { issue: async () => issued });
  const mailer = strictMock<Mailer>('Mailer', { send: async () => ({ location: 'there' }) });
  const mails = new TokenMails(tokens, mailer, config);
  return { tokens, mailer, mails, mail: () => mailer.send.mock.calls[0]![0] };
}

describe.each([
  ['email.set_password', SetPasswordEmailHandler, 'Set your password', 'set_password', 1800],
  ['email.password_reset', PasswordResetEmailHandler, 'Set a new password', 'set_password', 1800],
  ['email.verify', VerifyEmailHandler, 'Verify your e-mail address', 'verify_email', 86_400],
] as const)('%s', (_, Handler, subject, purpose, lifetime_secs) => {
  const path = purpose === 'set_password' ? 'reset-password' : 'verify-email';
  const page = `https://app.example.com/${purpose}?a=1&b=2`;

  test('mails a token whose hash was stored, and keeps it out of the result', async () => {
    const { tokens, mails, mail } = setUp({ owner }, ({ server }) => {
      server.rest.public_url = 'https://api.example.com/';
    });
    const result = await new Handler(mails).handle({ user_id: USER }, context);
    expect(result).toEqual({ message_id: `<${JOB}@arcana-cloud>` });
    expect(mail()).toMatchObject({
      to: 'ada@example.com',
      to_name: 'Ada & Co',
      subject,
      message_id: `<${JOB}@arcana-cloud>`,
    });
    expect(mail().text).toContain(`https://api.example.com/api/v1/auth/${path} `);
    expect(mail().html).toContain('<p>Hello Ada &amp; Co,</p>');
    const [, token] = /"token":"([^"]+)"/.exec(mail().text)!;
    expect(mail().html).toContain(`&quot;token&quot;:&quot;${token}&quot;`);
    const token_hash = hashOpaqueToken(token!);
    expect(tokens.issue).toHaveBeenCalledWith({
      user_id: USER,
      purpose,
      mail_id: JOB,
      token_hash,
      lifetime_secs,
    });
  });

  test('links to the page that is configured, with the token where no server sees it', async () => {
    const { tokens, mails, mail } = setUp({ owner }, ({ mail: settings }) => {
      settings[`${purpose}_url`] = `${page}#old`;
    });
    await new Handler(mails).handle({ user_id: USER }, context);
    const [, token] = /#token=([\w-]{43})$/m.exec(mail().text)!;
    expect(mail().text).toContain(`  ${page}#token=${token}\n`);
    expect(mail().html).toContain(`<a href="${page.replace('&', '&amp;')}#token=${token}">`);
    expect(mail().text).not.toContain('POST');
    expect(tokens.issue.mock.calls[0]![0].token_hash).toBe(hashOpaqueToken(token!));
  });

  test('names the own machine when no public address is configured', async () => {
    const { mails, mail } = setUp();
    await new Handler(mails).handle({ user_id: USER }, context);
    expect(mail().text).toContain(`http://localhost:8080/api/v1/auth/${path} `);
  });

  test.each(['account_gone', 'address_verified', 'enough_mails'] as const)(
    'mails nobody when there is no token to mail: %s',
    async (refusal) => {
      const { mails, mailer } = setUp({ refusal });
      expect(await new Handler(mails).handle({ user_id: USER }, context)).toEqual({ skipped: refusal });
      expect(mailer.send).not.toHaveBeenCalled();
    },
  );
});

test('a reset for an address without an account mails nobody and asks nothing', async () => {
  const { mails, tokens } = setUp();
  const result = await new PasswordResetEmailHandler(mails).handle({}, context);
  expect(result).toEqual({ skipped: 'no account' });
  expect(tokens.issue).not.toHaveBeenCalled();
});

test.each(['Free money: http://evil.example', 'www.evil.example', 'Write to me@evil.example'])(
  'a name that a mail program would make a link of is not repeated: %s',
  async (name) => {
    const { mails, mail } = setUp({ owner: { ...owner, name } });
    await new VerifyEmailHandler(mails).handle({ user_id: USER }, context);
    expect(mail().text).toMatch(/^Hello,\n/);
    expect(mail().text + mail().html).not.toContain('evil');
  },
);
