import { UnrecoverableError, WaitingError, type Job } from 'bullmq';
import { strictMock } from '../../../test/support/strict-mock.js';
import type { JobEnvelope } from './job-envelope.js';
import type { JobHandlers } from './job-handlers.js';
import type { JobLedger } from './job-ledger.js';
import { JobRunner } from './job-runner.js';
import { PermanentFailure } from './permanent-failure.js';
import type { QueueMetrics } from './queue-metrics.js';

function setUp(room: () => Promise<void> = async () => undefined) {
  const work = strictMock<{ handle(): Promise<null> }>('JobWork', { handle: async () => null });
  const definition = { type: 'unit.work', queue: 'unit', version: 1, schema: class {}, timeoutMs: 1_000 };
  const handlers = strictMock<JobHandlers>('JobHandlers', {
    find: () => ({ definition, work }) as unknown as ReturnType<JobHandlers['find']>,
  });
  const ledger = strictMock<JobLedger>('JobLedger', { room, note: () => undefined });
  const metrics = strictMock<QueueMetrics>('QueueMetrics', { waited: () => undefined });
  const job = {
    id: 'the-id',
    name: 'unit.work',
    queueName: 'unit',
    timestamp: 0,
    attemptsMade: 0,
    attemptsStarted: 1,
    opts: {},
    data: { payload: {}, tags: [], correlation_id: 'r', traceparent: null, version: 1 },
    moveToWait: () => Promise.resolve(),
  } as unknown as Job<JobEnvelope>;
  return { work, job, runner: new JobRunner(handlers, ledger, metrics) };
}

describe('JobRunner', () => {
  it('does the work of a job', async () => {
    const { work, job, runner } = setUp();
    await expect(runner.run(job, 't', new AbortController().signal, 0)).resolves.toBeNull();
    expect(work.handle).toHaveBeenCalledTimes(1);
  });

  it('gives a job back when the shutdown began while it waited for room', async () => {
    let makeRoom: () => void = () => undefined;
    const { work, job, runner } = setUp(() => new Promise((resolve) => (makeRoom = resolve)));
    const running = runner.run(job, 't', undefined, 0);
    runner.stop();
    makeRoom();
    await expect(running).rejects.toBeInstanceOf(WaitingError);
    expect(work.handle).not.toHaveBeenCalled();
  });

  it('ends a job at once whose work says that repeating it is useless', async () => {
    const { work, job, runner } = setUp();
    work.handle.mockRejectedValueOnce(new PermanentFailure('no such mailbox'));
    const failure = await runner.run(job, 't', undefined, 0).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnrecoverableError);
    expect((failure as Error).message).toBe('no such mailbox');
  });

  it('starts nothing that was cancelled before', async () => {
    const { work, job, runner } = setUp();
    await expect(runner.run(job, 't', AbortSignal.abort(new Error('lost')), 0)).rejects.toThrow('lost');
    expect(work.handle).not.toHaveBeenCalled();
    await expect(runner.idle(0)).resolves.toBe(true);
  });
});
