import { expect, test } from '@jest/globals';
import { strictMock } from '../../../test/support/strict-mock.js';
import { AppError } from '../errors/index.js';
import { PermanentFailure } from '../queue/index.js';
import { sendAsJob } from './mail-job.js';
import { MailRefused, type Mailer } from './mailer.js';

const mail = { to: 'ada@example.com', subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' };
const job = { jobId: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87' };
const failing = (error: Error) => strictMock<Mailer>('Mailer', { send: () => Promise.reject(error) });

test('a mail bears the id of its job, whichever attempt sends it', async () => {
  const mailer = strictMock<Mailer>('Mailer', { send: async () => ({ location: 'there' }) });
  const message_id = `<${job.jobId}@arcana-cloud>`;
  expect(await sendAsJob(mailer, job, mail)).toEqual({ message_id });
  expect(mailer.send).toHaveBeenCalledWith({ ...mail, message_id });
});

test('a mail that is refused for good ends the job, and one that could not be handed over does not', async () => {
  const refused = sendAsJob(failing(new MailRefused('550 5.1.1')), job, mail);
  await expect(refused).rejects.toEqual(new PermanentFailure('550 5.1.1'));
  const outage = new AppError('SERVICE_UNAVAILABLE');
  await expect(sendAsJob(failing(outage), job, mail)).rejects.toBe(outage);
});
