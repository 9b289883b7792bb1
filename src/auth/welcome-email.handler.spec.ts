import { expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import type { Mailer } from '../platform/mail/index.js';
import type { JobContext } from '../platform/queue/index.js';
import { User, type UserRepository } from '../users/index.js';
import { WelcomeEmailHandler } from './welcome-email.handler.js';

const context = strictMock<JobContext>('JobContext', { jobId: 'job-1', attempt: 2 });
const user = Object.assign(new User(), { id: 'u', name: 'Ada <b>', email: 'ada@example.com' });

test('greets the owner once however often it runs, and never as markup', async () => {
  const mailer = strictMock<Mailer>('Mailer', { send: async () => ({ location: 'file' }) });
  const users = strictMock<UserRepository>('UserRepository', { find: async () => user });
  const result = await new WelcomeEmailHandler(users, mailer).handle({ user_id: 'u' }, context);
  expect(result).toEqual({ message_id: '<job-1@arcana-cloud>' });
  expect(mailer.send).toHaveBeenCalledWith({
    to: 'ada@example.com',
    to_name: 'Ada <b>',
    subject: 'Welcome to Arcana Cloud',
    text: expect.stringContaining('Hello Ada <b>,'),
    html: expect.stringContaining('Hello Ada &lt;b&gt;,'),
    message_id: '<job-1@arcana-cloud>',
  });
});

test('greets nobody when the account is gone', async () => {
  const users = strictMock<UserRepository>('UserRepository', { find: async () => null });
  const handler = new WelcomeEmailHandler(users, strictMock<Mailer>('Mailer'));
  expect(await handler.handle({ user_id: 'u' }, context)).toEqual({ skipped: 'the account is gone' });
});
