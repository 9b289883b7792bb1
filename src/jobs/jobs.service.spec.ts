import { Principal, RequestContext } from '../platform/context/index.js';
import type { Effects } from '../platform/database/index.js';
import type { Enqueued, EnqueueOptions, JobQueue } from '../platform/queue/index.js';
import { UNKNOWN_JOB_TYPE } from '../platform/queue/index.js';
import type { Role } from '../platform/security/index.js';
import { Job } from './dto/job.dto.js';
import { ListJobsQuery } from './dto/list-jobs.dto.js';
import { encodeCursor } from './job-cursor.js';
import type { JobFilter } from './job-filter.js';
import { JobRepository } from './job.repository.js';
import { JobsService } from './jobs.service.js';

const ID = '01980a5e-7d3b-7c4e-9b1a-2f6d8c0e4a71';

const job = (number: number): Job =>
  Object.assign(new Job(), {
    id: `01980a5e-7d3b-7c4e-9b1a-2f6d8c0e4a${String(10 + number)}`,
    type: 'unit.work',
    created_at: new Date(1_000_000 - number),
  });

const as = <T>(role: Role, work: () => Promise<T>): Promise<T> => {
  const principal = Object.assign(new Principal(), { id: ID, roles: [role], via: 'access_token' as const });
  return RequestContext.run(new RequestContext({ requestId: 'request', protocol: 'http', principal }), work);
};

class FakeRepository extends JobRepository {
  readonly jobs: Job[] = [];
  readonly filters: JobFilter[] = [];

  find(id: string): Promise<Job | null> {
    return Promise.resolve(this.jobs.find((one) => one.id === id) ?? null);
  }

  list(filter: JobFilter): Promise<Job[]> {
    this.filters.push(filter);
    return Promise.resolve(this.jobs.slice(0, filter.limit));
  }

  readonly requests: Effects[] = [];

  recordRequest(requested: Effects): Promise<void> {
    this.requests.push(requested);
    return Promise.resolve();
  }

  deleteFinished(): Promise<number> {
    return Promise.reject(new Error('not planned'));
  }
}

/** Knows one type that may be enqueued from outside. */
class FakeQueue {
  readonly calls: unknown[][] = [];
  answer: Enqueued = { id: job(0).id, deduplicated: false };

  enqueuePermission(type: string): 'jobs:enqueue' {
    if (type !== 'unit.work') throw UNKNOWN_JOB_TYPE.error();
    return 'jobs:enqueue';
  }

  enqueueByType(type: string, payload: unknown, options: EnqueueOptions): Promise<Enqueued> {
    this.calls.push([type, payload, options]);
    return Promise.resolve(this.answer);
  }
}

describe('JobsService', () => {
  let repository: FakeRepository;
  let queue: FakeQueue;
  let service: JobsService;

  beforeEach(() => {
    repository = new FakeRepository();
    queue = new FakeQueue();
    service = new JobsService(repository, queue as unknown as JobQueue);
  });

  describe('list', () => {
    const query = (changes: Partial<ListJobsQuery> = {}): ListJobsQuery =>
      Object.assign(new ListJobsQuery(), changes);

    it('gives the cursor of the next page only when there is one', async () => {
      repository.jobs.push(...[0, 1, 2].map(job));
      const first = await service.list(query({ size: 2 }));
      expect(first).toEqual({ data: [job(0), job(1)], next_cursor: encodeCursor(job(1)) });
      expect((await service.list(query({ size: 3 }))).next_cursor).toBeNull();
      expect(await new JobsService(new FakeRepository(), queue as unknown as JobQueue).list(query())).toEqual(
        {
          data: [],
          next_cursor: null,
        },
      );
    });

    it('goes on after the place that the cursor names', async () => {
      const { created_at, id } = job(7);
      await service.list(query({ cursor: encodeCursor(job(7)) }));
      expect(repository.filters[0]).toMatchObject({ after: { created_at, id }, limit: 11 });
    });

    it('refuses a cursor that is not ours', async () => {
      await expect(service.list(query({ cursor: 'abc' }))).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ field: 'cursor', code: 'INVALID_JOB_CURSOR', message: expect.any(String) }],
      });
    });

    it('takes name for type, unless type is given too', async () => {
      await service.list(query({ name: 'by.name' }));
      await service.list(query({ name: 'by.name', type: 'by.type' }));
      expect(repository.filters.map(({ type }) => type)).toEqual(['by.name', 'by.type']);
      expect(repository.filters[0]).not.toHaveProperty('name');
    });
  });

  describe('get', () => {
    it('answers the job', async () => {
      repository.jobs.push(job(1));
      expect(await service.get(job(1).id)).toEqual(job(1));
    });

    it('says when there is none', async () => {
      await expect(service.get(ID)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        fields: [{ field: '', code: 'JOB_NOT_FOUND', message: expect.any(String) }],
      });
    });
  });

  describe('enqueue', () => {
    it('enqueues nothing of which the audit log does not know', async () => {
      repository.recordRequest = () => Promise.reject(new Error('full'));
      await expect(as('admin', () => service.enqueue({ type: 'unit.work' }))).rejects.toThrow('full');
      expect(queue.calls).toEqual([]);
    });

    it('hands on everything that was asked for and answers the record', async () => {
      repository.jobs.push(job(0));
      const at = new Date();
      const answer = await as('admin', () =>
        service.enqueue({
          type: 'unit.work',
          payload: { n: 1 },
          priority: 'high',
          scheduled_at: at,
          tags: ['a'],
          correlation_id: 'c',
          unique_key: 'k',
        }),
      );
      expect(answer).toEqual({ ...job(0), deduplicated: false });
      expect(repository.requests.flatMap(({ audit }) => audit)).toEqual([
        { action: 'JOB_REQUESTED', details: { type: 'unit.work' } },
      ]);
      expect(queue.calls).toEqual([
        ['unit.work', { n: 1 }, { priority: 'high', at, tags: ['a'], correlationId: 'c', uniqueKey: 'k' }],
      ]);
    });

    it('says when the unique key led to another job', async () => {
      repository.jobs.push(job(0));
      queue.answer = { id: job(0).id, deduplicated: true };
      expect((await as('admin', () => service.enqueue({ type: 'unit.work' }))).deduplicated).toBe(true);
      expect(queue.calls[0]![1]).toEqual({});
    });

    it.each(['user', 'moderator'] as const)(
      'is not for a %s, who lacks the permission of the type',
      async (role) => {
        await expect(as(role, () => service.enqueue({ type: 'unit.work' }))).rejects.toMatchObject({
          code: 'FORBIDDEN',
        });
        expect(queue.calls).toEqual([]);
      },
    );

    it('is not for strangers', async () => {
      await expect(service.enqueue({ type: 'unit.work' })).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    });

    it('refuses a type that does not exist, whoever asks', async () => {
      await expect(as('user', () => service.enqueue({ type: 'unit.unknown' }))).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ field: 'type', code: 'UNKNOWN_JOB_TYPE', message: expect.any(String) }],
      });
    });

    it('says so when the record is not there yet', async () => {
      await expect(as('admin', () => service.enqueue({ type: 'unit.work' }))).rejects.toMatchObject({
        code: 'SERVICE_UNAVAILABLE',
        message: `The job ${job(0).id} was enqueued, but its record is not there yet.`,
      });
    });
  });
});
