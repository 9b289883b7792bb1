import { jest } from '@jest/globals';
import { strictMock } from '../../../test/support/strict-mock.js';
import { ArcanaConfig } from '../config/index.js';
import type { Lease, Lock } from '../coordination/index.js';
import { defineJob } from './job-definition.js';
import type { JobQueue } from './job-queue.js';
import { RepeatingJobs } from './repeating-jobs.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

class Nothing {}

const Hourly = defineJob({
  type: 'test.hourly',
  queue: 'test',
  schema: Nothing,
  repeat: { everyMs: HOUR_MS },
});
const OnCondition = defineJob({
  type: 'test.on_condition',
  queue: 'test',
  schema: Nothing,
  repeat: { everyMs: HOUR_MS, when: (config) => config.environment === 'staging' },
});
defineJob({ type: 'test.on_demand', queue: 'test', schema: Nothing });

function setUp(environment: ArcanaConfig['environment'] = 'development') {
  const lease = strictMock<Lease>('Lease', { isHeld: true, release: async () => undefined });
  const lock = strictMock<Lock>('Lock', { tryAcquire: async () => lease });
  const queue = strictMock<JobQueue>('JobQueue', { enqueue: async () => ({ id: 'x', deduplicated: false }) });
  const config = Object.assign(new ArcanaConfig(), { environment });
  return { lease, lock, queue, repeating: new RepeatingJobs(lock, queue, config) };
}

describe('Repeating jobs', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('are enqueued a minute after the start and at every interval from then, under one lock', async () => {
    const { lock, queue, repeating } = setUp();
    repeating.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    expect(queue.enqueue.mock.calls).toEqual([[Hourly, {}, { uniqueKey: 'repeating' }]]);
    await jest.advanceTimersByTimeAsync(2 * HOUR_MS);
    expect(queue.enqueue).toHaveBeenCalledTimes(3);
    expect(lock.tryAcquire).toHaveBeenCalledTimes(1);
  });

  it('with a condition come only where it holds; two whose turn it is at once ask for the lock once', async () => {
    const { lock, queue, repeating } = setUp('staging');
    repeating.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    expect(queue.enqueue.mock.calls.map(([job]) => job)).toEqual([Hourly, OnCondition]);
    expect(lock.tryAcquire).toHaveBeenCalledTimes(1);
  });

  it('are left to the process that has the lock, and taken over when that is gone', async () => {
    const { lock, queue, repeating } = setUp();
    lock.tryAcquire.mockResolvedValueOnce(null);
    repeating.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    expect(lock.tryAcquire).toHaveBeenCalledTimes(1);
    expect(queue.enqueue).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(HOUR_MS);
    expect(queue.enqueue).toHaveBeenCalledTimes(1);
  });

  it('are tried again with their next turn after the queue or the lock failed', async () => {
    const { lock, queue, repeating } = setUp();
    lock.tryAcquire.mockRejectedValueOnce(new Error('away'));
    queue.enqueue.mockRejectedValueOnce(new Error('away'));
    repeating.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(MINUTE_MS + 2 * HOUR_MS);
    expect(queue.enqueue).toHaveBeenCalledTimes(2);
  });

  it('end with the process, which lets go of the lock', async () => {
    const { lease, queue, repeating } = setUp();
    repeating.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    await repeating.beforeApplicationShutdown();
    expect(lease.release).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(HOUR_MS);
    expect(queue.enqueue).toHaveBeenCalledTimes(1);
  });
});

it.each([0, 1.5, 86_400_001])('A job cannot repeat every %d ms', (everyMs) => {
  expect(() =>
    defineJob({ type: 'test.bad_repeat', queue: 'test', schema: Nothing, repeat: { everyMs } }),
  ).toThrow('The job type test.bad_repeat needs a repeat.everyMs between a second and one day.');
});
