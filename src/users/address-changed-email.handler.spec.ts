import { expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import type { Mailer } from '../platform/mail/index.js';
import { AddressChangedEmailHandler } from './address-changed-email.handler.js';
import { User } from './dto/user.dto.js';
import type { UserRepository } from './user.repository.js';

const context = strictMock<never>('JobContext', { jobId: 'job-1' } as never);
const data = { user_id: 'u', former_email: 'old@example.com' };

test('the former address is told that there is another, and not which', async () => {
  const user = Object.assign(new User(), { name: 'Ada', email: 'new@example.com' });
  const users = strictMock<UserRepository>('UserRepository', { find: async () => user });
  const mailer = strictMock<Mailer>('Mailer', { send: async () => ({ location: 'there' }) });
  await new AddressChangedEmailHandler(users, mailer).handle(data, context);
  const [mail] = mailer.send.mock.calls[0]!;
  expect(mail).toMatchObject({ to: 'old@example.com', subject: 'Your e-mail address was changed' });
  expect(mail.text + mail.html).not.toContain('new@example.com');
});

test('nobody is told of an account that is gone', async () => {
  const users = strictMock<UserRepository>('UserRepository', { find: async () => null });
  const handler = new AddressChangedEmailHandler(users, strictMock<Mailer>('Mailer'));
  expect(await handler.handle(data, context)).toEqual({ skipped: 'account_gone' });
});
