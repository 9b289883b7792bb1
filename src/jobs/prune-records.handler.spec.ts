import { ArcanaConfig } from '../platform/config/index.js';
import type { JobContext } from '../platform/queue/index.js';
import type { JobRepository } from './job.repository.js';
import { PruneRecordsHandler } from './prune-records.handler.js';

const DAY_MS = 86_400_000;

function setUp(answers: number[]) {
  const calls: [Date, number][] = [];
  const jobs = {
    deleteFinished: (before: Date, limit: number) => {
      calls.push([before, limit]);
      return Promise.resolve(answers.shift()!);
    },
  } as unknown as JobRepository;
  const lines: string[] = [];
  const abort = new AbortController();
  const context = { signal: abort.signal, log: (line: string) => lines.push(line) } as unknown as JobContext;
  return { handler: new PruneRecordsHandler(jobs, new ArcanaConfig()), calls, lines, abort, context };
}

describe('queue.prune_records', () => {
  it('deletes batch by batch until little is left', async () => {
    const { handler, calls, lines, context } = setUp([1_000, 1_000, 7]);
    expect(await handler.handle({}, context)).toEqual({ deleted: 2_007 });
    expect(calls).toHaveLength(3);
    expect(lines[0]).toMatch(/^Deleted 2007 records of jobs that finished before /);
  });

  it('goes by the configured retention unless told otherwise', async () => {
    const { handler, calls, context } = setUp([0, 0]);
    const now = Date.now();
    await handler.handle({}, context);
    await handler.handle({ older_than_days: 1 }, context);
    const days = calls.map(([before]) => Math.round((now - before.getTime()) / DAY_MS));
    expect(days).toEqual([14, 1]);
  });

  it('stops between batches when it is asked to', async () => {
    const { handler, calls, abort, context } = setUp([1_000]);
    abort.abort(new Error('shutdown'));
    await expect(handler.handle({}, context)).rejects.toThrow('shutdown');
    expect(calls).toEqual([]);
  });
});
