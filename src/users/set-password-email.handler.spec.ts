import { expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import type { Mailer } from '../platform/mail/index.js';
import type { JobContext } from '../platform/queue/index.js';
import type { AccountTokenRepository } from './account-token.repository.js';
import { hashOpaqueToken } from './opaque-token.js';
import { SetPasswordEmailHandler } from './set-password-email.handler.js';

const context = strictMock<JobContext>('JobContext', { jobId: 'job-1', attempt: 2 });
const owner = { user_id: 'u', name: 'Ada & Co', email: 'ada@example.com' };

test('mails a token whose hash was stored, and keeps it out of the result', async () => {
  const tokens = strictMock<AccountTokenRepository>('AccountTokenRepository', {
    issue: async () => ({ owner }),
  });
  const mailer = strictMock<Mailer>('Mailer', { send: async () => ({ location: 'file' }) });
  const config = new ArcanaConfig();
  config.server.rest.public_url = 'https://api.example.com/';
  const result = await new SetPasswordEmailHandler(tokens, mailer, config).handle({ user_id: 'u' }, context);
  expect(result).toEqual({ message_id: '<job-1@arcana-cloud>' });
  const [mail] = mailer.send.mock.calls[0]!;
  expect(mail).toMatchObject({
    to: 'ada@example.com',
    subject: 'Set your password',
    message_id: '<job-1@arcana-cloud>',
  });
  expect(mail.text).toContain('https://api.example.com/api/v1/auth/reset-password');
  expect(mail.html).toContain('Hello Ada &amp; Co,');
  const [, token] = /"token":"([^"]+)"/.exec(mail.text)!;
  expect(tokens.issue).toHaveBeenCalledWith({
    user_id: 'u',
    purpose: 'set_password',
    mail_id: 'job-1',
    token_hash: hashOpaqueToken(token!),
    lifetime_secs: 1800,
  });
});

test('names the own machine when no public address is configured', async () => {
  const tokens = strictMock<AccountTokenRepository>('AccountTokenRepository', {
    issue: async () => ({ owner }),
  });
  const mailer = strictMock<Mailer>('Mailer', { send: async () => ({ location: 'file' }) });
  await new SetPasswordEmailHandler(tokens, mailer, new ArcanaConfig()).handle({ user_id: 'u' }, context);
  expect(mailer.send.mock.calls[0]![0].text).toContain('http://localhost:8080/api/v1/auth/reset-password');
});

test('mails nobody when the account is gone', async () => {
  const tokens = strictMock<AccountTokenRepository>('AccountTokenRepository', {
    issue: async () => ({ refusal: 'account_gone' as const }),
  });
  const handler = new SetPasswordEmailHandler(tokens, strictMock<Mailer>('Mailer'), new ArcanaConfig());
  expect(await handler.handle({ user_id: 'u' }, context)).toEqual({ skipped: 'account_gone' });
});
