import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { RequestContext, newTrace, traceparent } from '../../src/platform/context/index.js';
import { newId } from '../../src/platform/database/index.js';
import type { JobRow } from '../../src/platform/queue/index.js';
import { storedJob, type NewJob } from '../../src/platform/queue/job-envelope.js';
import { QueueConnection } from '../../src/platform/queue/queue-connection.js';
import { QueueProducers } from '../../src/platform/queue/queue-producers.js';
import { openQueueApp, type QueueApp, type QueuePlace } from './queue-app.js';
import { TestBriefWork, TestWork, type TestWorkData } from './queue-jobs.js';

// The first suite of a run also starts the database server.
jest.setTimeout(60_000);

/** A row as the outbox holds it. */
const rowOf = (data: object, body: Partial<JobRow['body']> = {}): JobRow => {
  const id = newId();
  return {
    id,
    kind: 'job',
    body: { id, type: TestWork.type, version: 1, queue: TestWork.queue, data, ...body },
    correlation_id: 'a-request',
    traceparent: null,
    created_at: new Date(),
    attempts: 0,
  };
};

/** A job as the queue takes it, past the checks of enqueueing. */
const newJob = (payload: object): NewJob => ({
  id: newId(),
  definition: TestWork,
  payload,
  version: 1,
  priority: 'normal',
  tags: [],
  correlationId: 'a-request',
  traceparent: null,
  createdAt: new Date(),
});

/** What must hold on every backend. @param place opens an empty one for this run */
export function queueConformance(place: () => Promise<QueuePlace>): void {
  let where: QueuePlace;
  let app: QueueApp;

  const enqueue = (data: TestWorkData, options = {}) => app.queue.enqueue(TestWork, data, options);

  beforeAll(async () => {
    where = await place();
  });

  beforeEach(async () => {
    app = await openQueueApp(where);
  });

  afterEach(() => app.close());

  it('runs a job and records its life and its result', async () => {
    app.host.start();
    const { id } = await enqueue(
      { label: 'plain', action: 'tell' },
      { tags: ['one', 'two'], correlationId: 'request-1' },
    );
    await app.recorder.reached(id, 'COMPLETED');
    const job = await app.job(id);
    expect(job).toMatchObject({
      queue: 'test',
      type: 'test.work',
      state: 'COMPLETED',
      priority: 'normal',
      payload: { label: 'plain', action: 'tell' },
      tags: ['one', 'two'],
      correlation_id: 'request-1',
      attempts_made: 1,
      max_attempts: 3,
      progress: 100,
      result: { label: 'plain' },
      error: null,
      logs: ['half way'],
    });
    expect(job.finished_at!.getTime()).toBeGreaterThanOrEqual(job.started_at!.getTime());
  });

  it('runs the most urgent job first, whatever the order of enqueueing', async () => {
    const ids: string[] = [];
    for (const priority of ['low', 'normal', 'high', 'critical', 'low', 'critical'] as const) {
      const { id } = await enqueue({ label: `urgent ${priority}` }, { priority });
      ids.push(id);
    }
    app.host.start();
    await Promise.all(ids.map((id) => app.recorder.reached(id, 'COMPLETED')));
    expect(app.work.runs.map(({ label }) => label.replace('urgent ', ''))).toEqual([
      'critical',
      'critical',
      'high',
      'normal',
      'low',
      'low',
    ]);
  });

  it('tries a failed job again, and shows FAILED in between', async () => {
    app.host.start();
    const { id } = await enqueue({ label: 'again', action: 'fail once' });
    await app.recorder.reached(id, 'COMPLETED');
    expect(app.work.attemptsAt('again')).toEqual([1, 2]);
    expect(await app.job(id)).toMatchObject({ state: 'COMPLETED', attempts_made: 2, error: null });
    expect(await app.registry.getSingleMetricAsString('arcana_jobs_retried_total')).toContain(
      'type="test.work"} 1',
    );
  });

  it('makes a dead letter of a job whose attempts are used up', async () => {
    app.host.start();
    const { id } = await enqueue({ label: 'hopeless', action: 'fail' });
    await app.recorder.reached(id, 'DEAD_LETTER');
    expect(app.work.attemptsAt('hopeless')).toEqual([1, 2, 3]);
    const job = await app.job(id);
    expect(job).toMatchObject({
      state: 'DEAD_LETTER',
      attempts_made: 3,
      error: 'hopeless failed',
      result: null,
    });
    expect(job.finished_at).toBeInstanceOf(Date);
  });

  it('does not start a scheduled job before its time', async () => {
    app.host.start();
    const { id } = await enqueue({ label: 'later' }, { delayMs: 300 });
    await app.recorder.reached(id, 'COMPLETED');
    const job = await app.job(id);
    expect((await app.recorder.reached(id, 'SCHEDULED')).scheduled_at).toEqual(job.scheduled_at);
    expect(job.started_at!.getTime()).toBeGreaterThanOrEqual(job.scheduled_at!.getTime());
  });

  it('ends a job that throws undefined', async () => {
    app.host.start();
    const { id } = await enqueue({ label: 'undefined', action: 'throw undefined' });
    await app.recorder.reached(id, 'DEAD_LETTER');
    expect(await app.job(id)).toMatchObject({ error: 'Thrown, but no Error: undefined', attempts_made: 3 });
  });

  it('ends a job whose result cannot be stored with a clear error, without repeating the work', async () => {
    app.host.start();
    const { id } = await enqueue({ label: 'bigint', action: 'answer a BigInt' });
    await app.recorder.reached(id, 'DEAD_LETTER');
    expect((await app.job(id)).error).toMatch(/^The result of test.work cannot be stored as JSON: .*BigInt/);
    expect(app.work.attemptsAt('bigint')).toEqual([1]);
  });

  it('asks a job to stop when its time is up', async () => {
    app.host.start();
    const { id } = await app.queue.enqueue(TestBriefWork, { label: 'brief', action: 'wait' });
    await app.recorder.reached(id, 'DEAD_LETTER');
    expect((await app.job(id)).error).toBe('Timed out after 50 ms.');
  });

  it('frees the slot of a job that never ends', async () => {
    app.host.start();
    const stuck = await app.queue.enqueue(TestBriefWork, { label: 'stuck', action: 'never end' });
    const next = await enqueue({ label: 'next' });
    await app.recorder.reached(next.id, 'COMPLETED');
    expect((await app.job(stuck.id)).state).toBe('DEAD_LETTER');
  });

  it('makes one job of a row that is delivered twice', async () => {
    app.host.start();
    const row = rowOf({ label: 'twice' }, { priority: 'high', tags: ['row'] });
    expect(await app.queue.deliver([row])).toEqual({ delivered: [row.id], failed: [] });
    await app.recorder.reached(row.id, 'COMPLETED');
    expect(await app.queue.deliver([row])).toEqual({ delivered: [row.id], failed: [] });
    const after = await enqueue({ label: 'after' });
    await app.recorder.reached(after.id, 'COMPLETED');
    expect(app.work.attemptsAt('twice')).toEqual([1]);
    expect(await app.job(row.id)).toMatchObject({
      state: 'COMPLETED',
      priority: 'high',
      tags: ['row'],
      correlation_id: 'a-request',
      created_at: row.created_at,
    });
  });

  it('records a row that can never be a job as a dead letter', async () => {
    const rows = [rowOf({ label: 5 }), rowOf({ label: 'vague' }, { priority: 'urgent' })];
    expect((await app.queue.deliver(rows)).delivered).toEqual(rows.map(({ id }) => id));
    expect((await app.job(rows[0]!.id)).error).toBe('Not enqueued: payload.label: label must be a string');
    expect((await app.job(rows[1]!.id)).error).toMatch(
      /^Not enqueued: priority: The priority must be one of/,
    );
  });

  it('keeps a row of a type that this release does not know', async () => {
    const row = rowOf({}, { type: 'test.of_tomorrow' });
    const { delivered, failed } = await app.queue.deliver([row]);
    expect(delivered).toEqual([]);
    expect(failed[0]).toMatchObject({
      id: row.id,
      error: 'This release knows no job type test.of_tomorrow.',
    });
  });

  it('gives a running job back at shutdown without burning an attempt', async () => {
    app.host.start();
    const started = app.work.started('interrupted');
    const { id } = await enqueue({ label: 'interrupted', action: 'wait' });
    await started;
    await app.host.stop(300);
    await app.queue.close(1_000);
    expect(await app.job(id)).toMatchObject({ state: 'PENDING', attempts_made: 0 });

    const other = await openQueueApp(where);
    try {
      const again = other.work.started('interrupted');
      other.host.start();
      expect((await again).attempt).toBe(1);
      other.work.release('interrupted');
      await other.recorder.reached(id, 'COMPLETED');
      expect(await other.job(id)).toMatchObject({ state: 'COMPLETED', attempts_made: 1 });
    } finally {
      await other.close();
    }
  });

  it('lets a running job finish at shutdown when it does in time', async () => {
    app.host.start();
    const started = app.work.started('finishing');
    const { id } = await enqueue({ label: 'finishing', action: 'wait' });
    await started;
    const stopped = app.host.stop(5_000);
    app.work.release('finishing');
    await stopped;
    await app.queue.close(1_000);
    expect(await app.job(id)).toMatchObject({ state: 'COMPLETED', attempts_made: 1 });
  });

  it('runs a job again whose worker process was killed', async () => {
    const script = resolve('test/support/dist-from-source.mjs');
    const child = spawn(
      process.execPath,
      [`--import=${script}`, resolve('test/support/queue-worker.ts'), JSON.stringify(where)],
      {
        env: { PATH: process.env['PATH'] },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const lines = createInterface({ input: child.stdout });
    const { id } = await enqueue({ label: 'orphan', action: 'wait' });
    expect(await once(lines, 'line')).toEqual(['orphan']);
    child.kill('SIGKILL');
    await once(child, 'exit');

    const again = app.work.started('orphan');
    app.host.start();
    expect((await again).attempt).toBe(1);
    app.work.release('orphan');
    await app.recorder.reached(id, 'COMPLETED');
    expect(await app.job(id)).toMatchObject({ state: 'COMPLETED', attempts_made: 1 });
  });

  it('repairs the record of a job whose worker died before it could tell of the end', async () => {
    app.host.start();
    const completed = await enqueue({ label: 'untold', action: 'fail once' });
    const failed = await enqueue({ label: 'untold failure', action: 'fail' });
    await app.recorder.reached(completed.id, 'COMPLETED');
    await app.recorder.reached(failed.id, 'DEAD_LETTER');
    const before = [await app.job(completed.id), await app.job(failed.id)];
    await app.dataSource.query(
      `UPDATE jobs SET state = 'RUNNING', sequence = sequence / 1000 * 1000, result = NULL, finished_at = NULL, progress = NULL
       WHERE id = ANY($1)`,
      [[completed.id, failed.id]],
    );
    const other = await openQueueApp(where);
    try {
      other.host.start();
      await other.recorder.reached(completed.id, 'COMPLETED');
      await other.recorder.reached(failed.id, 'DEAD_LETTER');
      expect([await other.job(completed.id), await other.job(failed.id)]).toEqual(before);
    } finally {
      await other.close();
    }
  });

  it('leaves a job of a type that only another release knows to that release', async () => {
    const stranger = storedJob(
      { ...newJob({ label: 'stranger' }), definition: { ...TestWork, type: 'test.of_tomorrow' } },
      14,
    );
    await app.nest.get(QueueProducers).add('test', stranger);
    app.host.start();
    const id = stranger.opts.jobId!;
    expect(await app.recorder.reached(id, 'PENDING')).toMatchObject({
      type: 'test.of_tomorrow',
      attempts_made: 0,
    });
    await app.host.stop(1_000);
    const queue = app.nest.get(QueueConnection).openQueue('test');
    await queue.remove(id);
    await queue.close();
  });

  it('does not try a payload that no longer fits its type', async () => {
    const unfit = storedJob(newJob({ label: 5 }), 14);
    await app.nest.get(QueueProducers).add('test', unfit);
    app.host.start();
    const { error, attempts_made } = await app.recorder.reached(unfit.opts.jobId!, 'DEAD_LETTER');
    expect(attempts_made).toBe(1);
    expect(error).toBe('The payload does not fit test.work: payload.label: label must be a string');
  });

  it('makes one job of many enqueued at once with the same unique key', async () => {
    const all = await Promise.all(
      Array.from({ length: 30 }, () => enqueue({ label: 'unique' }, { uniqueKey: 'the-only-one' })),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
    app.host.start();
    await app.recorder.reached(all[0]!.id, 'COMPLETED');
    const next = await enqueue({ label: 'unique' }, { uniqueKey: 'the-only-one' });
    expect(next.deduplicated).toBe(false);
    await app.recorder.reached(next.id, 'COMPLETED');
  });

  it('enqueues by name what may be enqueued from outside, and has its record at once', async () => {
    const { id } = await app.queue.enqueueByType(
      'test.work',
      { label: 'named' },
      { priority: 'low', at: new Date(Date.now() + 60_000) },
    );
    expect(await app.job(id)).toMatchObject({ state: 'SCHEDULED', priority: 'low' });
    expect(app.queue.enqueuePermission('test.work')).toBe('jobs:enqueue');
    const refused = [
      [app.queue.enqueueByType('test.unknown', {}), 'UNKNOWN_JOB_TYPE'],
      [app.queue.enqueueByType('test.internal', { label: 'internal' }), 'JOB_TYPE_INTERNAL'],
      [app.queue.enqueueByType('test.work', { label: 5 }), 'IS_STRING'],
      [app.queue.enqueueByType('test.work', { label: 'x'.repeat(262_144) }), 'JOB_PAYLOAD_TOO_LARGE'],
      [
        app.queue.enqueueByType('test.work', { label: 'a' }, { priority: 'urgent' as never }),
        'INVALID_JOB_PRIORITY',
      ],
      [app.queue.enqueueByType('test.work', { label: 'a' }, { at: new Date(0) }), 'INVALID_JOB_TIME'],
    ] as const;
    for (const [attempt, reason] of refused) {
      await expect(attempt).rejects.toMatchObject({ fields: [expect.objectContaining({ code: reason })] });
    }
  });

  it('gives the job the request that caused it: id and trace', async () => {
    app.host.start();
    const trace = newTrace();
    const request = new RequestContext({
      requestId: 'request-7',
      protocol: 'http',
      traceparent: traceparent(trace),
    });
    const started = app.work.started('traced');
    const { id } = await RequestContext.run(request, () => enqueue({ label: 'traced' }));
    const { context } = await started;
    expect(context).toMatchObject({ requestId: 'request-7', protocol: 'job', route: 'test.work' });
    expect(context!.trace.traceId).toBe(trace.traceId);
    await app.recorder.reached(id, 'COMPLETED');
  });

  it('counts what waits, runs and is delayed', async () => {
    const count = async (of: QueueApp, series: string): Promise<number> =>
      Number(
        (await of.registry.metrics())
          .split('\n')
          .find((line) => line.startsWith(`${series} `))
          ?.slice(series.length),
      );
    const labels = '{queue="test"}';
    const before = await count(app, `arcana_jobs_delayed${labels}`);
    await enqueue({ label: 'counted later' }, { delayMs: 3_600_000 });
    const { id } = await enqueue({ label: 'counted now', action: 'wait' });
    expect(await count(app, `arcana_jobs_delayed${labels}`)).toBe(before + 1);
    expect(await count(app, `arcana_jobs_pending${labels}`)).toBe(1);
    expect(await count(app, 'arcana_jobs_enqueued_total{queue="test",type="test.work"}')).toBe(2);

    const other = await openQueueApp(where);
    try {
      const started = other.work.started('counted now');
      other.host.start();
      await started;
      expect(await count(app, `arcana_jobs_active${labels}`)).toBe(1);
      expect(await count(other, `arcana_workers_active${labels}`)).toBe(1);
      other.work.release('counted now');
      await other.recorder.reached(id, 'COMPLETED');
      const histogram = '{type="test.work",priority="normal"}';
      expect(await count(other, `arcana_job_duration_seconds_count${histogram}`)).toBe(1);
      expect(await count(other, `arcana_job_wait_seconds_count${histogram}`)).toBe(1);
      expect(await count(other, 'arcana_jobs_completed_total{queue="test",type="test.work"}')).toBe(1);
    } finally {
      await other.close();
    }
  });
}
