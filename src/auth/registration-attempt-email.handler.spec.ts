import { expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import type { Mailer } from '../platform/mail/index.js';
import { User, type UserRepository } from '../users/index.js';
import { RegistrationAttemptEmailHandler } from './registration-attempt-email.handler.js';

const context = strictMock<never>('JobContext', { jobId: 'job-1' } as never);

test('the owner of an address is told that somebody tried to register it', async () => {
  const user = Object.assign(new User(), { name: 'Ada', email: 'ada@example.com' });
  const users = strictMock<UserRepository>('UserRepository', { find: async () => user });
  const mailer = strictMock<Mailer>('Mailer', { send: async () => ({ location: 'there' }) });
  const result = await new RegistrationAttemptEmailHandler(users, mailer).handle({ user_id: 'u' }, context);
  expect(result).toEqual({ message_id: '<job-1@arcana-cloud>' });
  expect(mailer.send).toHaveBeenCalledWith(
    expect.objectContaining({ to: 'ada@example.com', subject: 'You have an account already' }),
  );
});

test('nobody is told where there is nobody', async () => {
  const users = strictMock<UserRepository>('UserRepository', { find: async () => null });
  const handler = new RegistrationAttemptEmailHandler(users, strictMock<Mailer>('Mailer'));
  for (const data of [{}, { user_id: 'gone' }]) {
    expect(await handler.handle(data, context)).toEqual({ skipped: 'nobody to mail' });
  }
});
