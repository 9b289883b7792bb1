import type { FastifyReply, FastifyRequest } from 'fastify';
import { EnqueueJob } from './dto/enqueue-job.dto.js';
import { EnqueuedJob, Job, type JobPage } from './dto/job.dto.js';
import { ListJobsQuery } from './dto/list-jobs.dto.js';
import { JobsController } from './jobs.controller.js';
import { JobsGrpcController } from './jobs.grpc.controller.js';
import type { JobsService } from './jobs.service.js';

const job = Object.assign(new Job(), { id: 'the-id', type: 'unit.work' });

function setUp(changes: { page?: Partial<JobPage>; deduplicated?: boolean } = {}) {
  const headers: Record<string, unknown> = {};
  const reply = {
    code: 0,
    header(name: string, value: unknown) {
      headers[name] = value;
    },
    status(code: number) {
      this.code = code;
    },
  };
  const service = {
    list: () => Promise.resolve({ data: [job], next_cursor: null, ...changes.page }),
    get: (id: string) => Promise.resolve({ ...job, id }),
    enqueue: () =>
      Promise.resolve(Object.assign(new EnqueuedJob(), job, { deduplicated: changes.deduplicated ?? false })),
  } as unknown as JobsService;
  const request = (url: string) => ({ url }) as FastifyRequest;
  return { headers, reply: reply as unknown as FastifyReply & { code: number }, request, service };
}

describe('JobsController', () => {
  it('links to the next page when there is one', async () => {
    const { headers, reply, request, service } = setUp({ page: { next_cursor: 'abc' } });
    const page = await new JobsController(service).list(
      new ListJobsQuery(),
      request('/api/jobs/jobs?size=1'),
      reply,
    );
    expect(page.next_cursor).toBe('abc');
    expect(headers['link']).toBe('</api/jobs/jobs?size=1&cursor=abc>; rel="next"');
  });

  it('links nowhere from the last page', async () => {
    const { headers, reply, request, service } = setUp();
    await new JobsController(service).list(new ListJobsQuery(), request('/api/jobs/jobs'), reply);
    expect(headers).toEqual({});
  });

  it('answers one job', async () => {
    const { service } = setUp();
    expect(await new JobsController(service).get('other')).toEqual({ ...job, id: 'other' });
  });

  it('answers a new job with 201 and its place under the path that was called', async () => {
    const { headers, reply, request, service } = setUp();
    const answer = await new JobsController(service).enqueue(
      new EnqueueJob(),
      request('/api/v1/jobs/jobs?x=1'),
      reply,
    );
    expect(answer).toEqual({ ...job, deduplicated: false });
    expect(reply.code).toBe(201);
    expect(headers['location']).toBe('/api/v1/jobs/jobs/the-id');
  });

  it('answers a job that was there with 200', async () => {
    const { reply, request, service } = setUp({ deduplicated: true });
    await new JobsController(service).enqueue(new EnqueueJob(), request('/api/jobs/jobs'), reply);
    expect(reply.code).toBe(200);
  });
});

describe('JobsGrpcController', () => {
  const controller = (): JobsGrpcController => new JobsGrpcController(setUp({ deduplicated: true }).service);

  it('answers in the messages of the proto', async () => {
    expect(await controller().enqueue(new EnqueueJob())).toEqual({ job, deduplicated: true });
    expect(await controller().get({ id: 'other' })).toEqual({ job: { ...job, id: 'other' } });
    expect(await controller().list(new ListJobsQuery())).toEqual({ data: [job], next_cursor: null });
  });
});
