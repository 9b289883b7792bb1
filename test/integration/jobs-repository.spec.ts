import { jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { TypeOrmJobRecorder } from '../../src/jobs/job-recorder.typeorm.repository.js';
import { JobEntity } from '../../src/jobs/job.entity.js';
import type { JobFilter } from '../../src/jobs/job-filter.js';
import { TypeOrmJobRepository } from '../../src/jobs/job.typeorm.repository.js';
import { Database, EffectsWriter, createDataSource, newId } from '../../src/platform/database/index.js';
import type { JobSnapshot } from '../../src/platform/queue/index.js';
import { ArcanaConfig } from '../../src/platform/config/index.js';
import {
  createTestDatabase,
  ensureTemplateDatabase,
  type TestDatabase,
} from '../support/embedded-postgres.js';
import { migrate } from '../support/queue-app.js';

jest.setTimeout(60_000);

let clock = Date.UTC(2026, 0, 1);

/** A job as it was enqueued, one second after the one before. */
const enqueued = (changes: Partial<JobSnapshot> = {}): JobSnapshot => ({
  id: newId(),
  sequence: 0,
  queue: 'repository',
  type: 'unit.work',
  version: 1,
  state: 'PENDING',
  priority: 'normal',
  payload: { n: 1 },
  tags: [],
  correlation_id: 'request',
  attempts_made: 0,
  max_attempts: 3,
  created_at: new Date((clock += 1_000)),
  ...changes,
});

const later = (one: JobSnapshot, changes: Partial<JobSnapshot>): JobSnapshot => {
  const { payload: _payload, ...rest } = one;
  return { ...rest, ...changes };
};

describe('The records of jobs in PostgreSQL', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let recorder: TypeOrmJobRecorder;
  let jobs: TypeOrmJobRepository;

  const ids = async (filter: Partial<JobFilter>): Promise<string[]> =>
    (await jobs.list({ limit: 100, ...filter })).map(({ id }) => id);

  beforeAll(async () => {
    const template = await ensureTemplateDatabase('queue_template', migrate);
    database = await createTestDatabase({ template });
    const settings = Object.assign(new ArcanaConfig().database, { url: database.url, max_connections: 2 });
    dataSource = createDataSource(settings, [JobEntity]);
    await dataSource.initialize();
    recorder = new TypeOrmJobRecorder(new Database(dataSource));
    jobs = new TypeOrmJobRepository(new Database(dataSource), new EffectsWriter());
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('hold everything that a snapshot tells', async () => {
    const at = new Date('2026-01-01T00:00:00.123Z');
    const one = enqueued({
      state: 'COMPLETED',
      sequence: 1_999,
      tags: ['a', 'b'],
      unique_key: 'key',
      attempts_made: 1,
      progress: 100,
      result: { text: 'ä"\\' },
      worker: 'host:1:abc',
      scheduled_at: at,
      started_at: at,
      finished_at: at,
      lines: ['one'],
    });
    await recorder.record([one]);
    const { sequence, version, lines, ...told } = one;
    expect(await jobs.find(one.id)).toEqual({ ...told, error: null, logs: ['one'] });
    expect([sequence, version, lines]).toEqual([1_999, 1, ['one']]);
  });

  it('are null for a job that nobody recorded', async () => {
    expect(await jobs.find(newId())).toBeNull();
  });

  it('never go back: a late snapshot of an earlier moment changes nothing', async () => {
    const one = enqueued();
    const completed = later(one, { sequence: 1_999, state: 'COMPLETED', attempts_made: 1, result: { n: 2 } });
    await recorder.record([completed]);
    await recorder.record([one]);
    await recorder.record([later(one, { sequence: 1_000, state: 'RUNNING', attempts_made: 1 })]);
    await recorder.record([completed]);
    expect(await jobs.find(one.id)).toMatchObject({ state: 'COMPLETED', attempts_made: 1, result: { n: 2 } });
  });

  it('follow a job through failure and success', async () => {
    const one = enqueued();
    const started_at = new Date('2026-01-01T00:00:01.000Z');
    await recorder.record([one]);
    await recorder.record([later(one, { sequence: 1_000, state: 'RUNNING', attempts_made: 1, started_at })]);
    await recorder.record([
      later(one, { sequence: 1_001, state: 'RUNNING', attempts_made: 1, progress: 50, lines: ['half'] }),
    ]);
    expect(await jobs.find(one.id)).toMatchObject({
      state: 'RUNNING',
      progress: 50,
      started_at,
      payload: { n: 1 },
    });
    await recorder.record([later(one, { sequence: 1_999, state: 'FAILED', attempts_made: 1, error: 'no' })]);
    expect(await jobs.find(one.id)).toMatchObject({ state: 'FAILED', error: 'no', progress: 50, started_at });
    await recorder.record([
      later(one, { sequence: 2_000, state: 'RUNNING', attempts_made: 2, lines: ['again'] }),
    ]);
    expect(await jobs.find(one.id)).toMatchObject({ state: 'RUNNING', error: 'no', progress: null });
    await recorder.record([later(one, { sequence: 2_999, state: 'COMPLETED', attempts_made: 2 })]);
    expect(await jobs.find(one.id)).toMatchObject({
      state: 'COMPLETED',
      error: null,
      logs: ['half', 'again'],
    });
  });

  it('keep the last 500 lines', async () => {
    const one = enqueued({ lines: [] });
    await recorder.record([one]);
    for (let batch = 0; batch < 4; batch++) {
      const lines = Array.from({ length: 150 }, (_, line) => `line ${batch * 150 + line}`);
      await recorder.record([later(one, { sequence: 1_000 + batch, state: 'RUNNING', lines })]);
    }
    const { logs } = (await jobs.find(one.id))!;
    expect(logs).toHaveLength(500);
    expect([logs![0], logs!.at(-1)]).toEqual(['line 100', 'line 599']);
  });

  it('are written many at once, and none is no work', async () => {
    await recorder.record([]);
    const many = Array.from({ length: 50 }, () => enqueued({ queue: 'many' }));
    await recorder.record(many);
    expect(await ids({ queue: 'many' })).toEqual(many.map(({ id }) => id).reverse());
  });

  it('are found by each condition, and by all together', async () => {
    const request = newId();
    const before = new Date(clock + 500);
    const found = enqueued({
      queue: 'found',
      type: 'unit.found',
      state: 'DEAD_LETTER',
      tags: ['blue', 'green'],
      correlation_id: request,
    });
    const others = [
      enqueued({ queue: 'found' }),
      enqueued({ type: 'unit.found' }),
      enqueued({ tags: ['green'] }),
    ];
    await recorder.record([found, ...others]);
    const conditions: Partial<JobFilter>[] = [
      { queue: 'found', type: 'unit.found' },
      { state: 'DEAD_LETTER' },
      { tag: 'blue' },
      { correlation_id: request },
      { queue: 'found', created_before: new Date(found.created_at.getTime() + 1) },
      { type: 'unit.found', created_after: before, created_before: new Date(found.created_at.getTime() + 1) },
    ];
    for (const condition of conditions) expect(await ids(condition)).toEqual([found.id]);
    expect(await ids(Object.assign({}, ...conditions) as JobFilter)).toEqual([found.id]);
    expect(await ids({ tag: `blue' OR TRUE --` })).toEqual([]);
  });

  it('do not carry their lines in lists', async () => {
    const one = enqueued({ queue: 'quiet', lines: ['line'] });
    await recorder.record([one]);
    const [listed] = await jobs.list({ queue: 'quiet', limit: 1 });
    expect(listed!.logs).toBeUndefined();
  });

  it('are paged without gap or repetition, also when many were made in one moment', async () => {
    const at = new Date(clock + 5_000);
    const many = Array.from({ length: 7 }, () => enqueued({ queue: 'paged', created_at: at }));
    await recorder.record(many);
    const seen: string[] = [];
    let after: JobFilter['after'];
    do {
      const page = await jobs.list({ queue: 'paged', limit: 3, ...(after && { after }) });
      seen.push(...page.map(({ id }) => id));
      after = page.at(-1);
    } while (after);
    expect(seen).toEqual(
      many
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
  });

  it('are deleted oldest first, when their jobs finished long ago', async () => {
    const finished = [10, 20, 30].map((second) =>
      enqueued({
        queue: 'old',
        state: 'COMPLETED',
        finished_at: new Date(Date.UTC(2000, 0, 1, 0, 0, second)),
      }),
    );
    const running = enqueued({ queue: 'old', state: 'RUNNING', created_at: new Date(0) });
    await recorder.record([...finished, running]);
    const before = new Date(Date.UTC(2000, 0, 1, 0, 0, 25));
    expect(await jobs.deleteFinished(before, 1)).toBe(1);
    expect(await ids({ queue: 'old' })).not.toContain(finished[0]!.id);
    expect(await jobs.deleteFinished(before, 100)).toBe(1);
    expect(await jobs.deleteFinished(before, 100)).toBe(0);
    expect((await ids({ queue: 'old' })).sort()).toEqual([finished[2]!.id, running.id].sort());
  });
});
