import { PermanentFailure, type JobContext, type RetryPolicy } from '../queue/index.js';
import { MailRefused, type Mail, type Mailer } from './mailer.js';

/** For jobs that send a mail: what an outage of the mail server of some two hours does not exhaust. */
export const MAIL_RETRY: Partial<RetryPolicy> = {
  strategy: 'exponential',
  attempts: 13,
  delayMs: 5_000,
  maxDelayMs: 1_800_000,
};

/**
 * For the same jobs: time of one attempt, more than {@link SmtpSettings.send_timeout_ms} is by default. A mail that
 * takes longer counts as not sent.
 */
export const MAIL_TIMEOUT_MS = 60_000;

/**
 * Sends the one mail of a job, under the job's own Message-ID, so that a mail that is repeated because nobody knew
 * whether the server had taken it is recognised as one.
 * @returns the result to keep with the job
 * @throws PermanentFailure when the server refuses the mail for good; what {@link Mailer.send} throws otherwise
 */
export async function sendAsJob(
  mailer: Mailer,
  { jobId }: Pick<JobContext, 'jobId'>,
  mail: Omit<Mail, 'message_id'>,
): Promise<{ message_id: string }> {
  const message_id = `<${jobId}@arcana-cloud>`;
  try {
    await mailer.send({ ...mail, message_id });
  } catch (error) {
    throw error instanceof MailRefused ? new PermanentFailure(error.message) : error;
  }
  return { message_id };
}
