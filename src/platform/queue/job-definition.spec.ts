import { IsString } from 'class-validator';
import { defineJob, findJob, type JobOptions } from './job-definition.js';

class Data {
  @IsString()
  name: string;
}

const options = (changes: Partial<JobOptions<Data>> = {}): JobOptions<Data> => ({
  type: 'unit.bad',
  queue: 'unit',
  schema: Data,
  ...changes,
});

describe('defineJob', () => {
  it('fills in what is not said', () => {
    const job = defineJob(options({ type: 'unit.plain', retry: { attempts: 7 } }));
    expect(job).toEqual({
      type: 'unit.plain',
      queue: 'unit',
      schema: Data,
      version: 1,
      priority: 'normal',
      timeoutMs: 60_000,
      retry: { strategy: 'exponential', attempts: 7, delayMs: 5_000, maxDelayMs: 600_000, jitter: 0.1 },
    });
    expect(findJob('unit.plain')).toBe(job);
  });

  it('refuses a type that is declared twice', () => {
    defineJob(options({ type: 'unit.twice' }));
    expect(() => defineJob(options({ type: 'unit.twice' }))).toThrow(
      'The job type unit.twice is declared twice: rename one.',
    );
  });

  it.each([
    [{ type: 'Welcome' }, 'must be named like email.welcome'],
    [{ queue: 'two words' }, 'has a bad queue name "two words"'],
    [{ queue: 'a:b' }, 'has a bad queue name "a:b"'],
    [{ version: 0 }, 'needs a whole version of at least 1'],
    [{ priority: 'urgent' as never }, 'has the unknown priority "urgent"'],
    [{ timeoutMs: 0 }, 'needs a timeoutMs between 1 and one day'],
    [{ retry: { strategy: 'random' as never } }, 'has the unknown retry strategy "random"'],
    [{ retry: { attempts: 0 } }, 'needs between 1 and 100 retry.attempts'],
    [{ retry: { delayMs: -1 } }, 'needs a retry.delayMs between 0 and one day'],
    [{ retry: { delayMs: 10, maxDelayMs: 5 } }, 'needs a retry.maxDelayMs between delayMs and one day'],
    [{ retry: { jitter: 2 } }, 'needs a retry.jitter between 0 and 1'],
  ])('refuses %j in one sentence', (changes, complaint) => {
    expect(() => defineJob(options(changes))).toThrow(complaint);
  });
});
