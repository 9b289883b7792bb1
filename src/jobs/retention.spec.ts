import { jest } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import type { Lease, Lock } from '../platform/coordination/index.js';
import type { JobQueue } from '../platform/queue/index.js';
import { PruneRecords } from './jobs.jobs.js';
import { Retention } from './retention.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

function setUp() {
  const lease = strictMock<Lease>('Lease', { isHeld: true, release: async () => undefined });
  const lock = strictMock<Lock>('Lock', { tryAcquire: async () => lease });
  const queue = strictMock<JobQueue>('JobQueue', { enqueue: async () => ({ id: 'x', deduplicated: false }) });
  return { lease, lock, queue, retention: new Retention(lock, queue) };
}

describe('The retention of job records', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('is seen to a minute after the start and every hour from then, under one lock', async () => {
    const { lock, queue, retention } = setUp();
    retention.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    expect(queue.enqueue).toHaveBeenCalledTimes(1);
    expect(queue.enqueue).toHaveBeenCalledWith(PruneRecords, {}, { uniqueKey: 'retention' });
    await jest.advanceTimersByTimeAsync(2 * HOUR_MS);
    expect(queue.enqueue).toHaveBeenCalledTimes(3);
    expect(lock.tryAcquire).toHaveBeenCalledTimes(1);
  });

  it('is left to the process that has the lock, and taken over when that is gone', async () => {
    const { lock, queue, retention } = setUp();
    lock.tryAcquire.mockResolvedValueOnce(null);
    retention.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    expect(lock.tryAcquire).toHaveBeenCalledTimes(1);
    expect(queue.enqueue).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(HOUR_MS);
    expect(queue.enqueue).toHaveBeenCalledTimes(1);
  });

  it('is tried again an hour after the queue or the lock failed', async () => {
    const { lock, queue, retention } = setUp();
    lock.tryAcquire.mockRejectedValueOnce(new Error('away'));
    queue.enqueue.mockRejectedValueOnce(new Error('away'));
    retention.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(MINUTE_MS + 2 * HOUR_MS);
    expect(queue.enqueue).toHaveBeenCalledTimes(2);
  });

  it('ends with the process, which lets go of the lock', async () => {
    const { lease, queue, retention } = setUp();
    retention.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    await retention.beforeApplicationShutdown();
    expect(lease.release).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(HOUR_MS);
    expect(queue.enqueue).toHaveBeenCalledTimes(1);
  });
});
