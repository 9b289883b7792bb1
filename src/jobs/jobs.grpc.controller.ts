import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { Authenticated, RequirePermission } from '../platform/security/index.js';
import { EnqueueJob, JobIdMessage } from './dto/enqueue-job.dto.js';
import type { Job, JobPage } from './dto/job.dto.js';
import { ListJobsQuery } from './dto/list-jobs.dto.js';
import { JobsService } from './jobs.service.js';

/** arcana.jobs.v1.JobQueueService: the calls of REST. */
@Controller()
export class JobsGrpcController {
  constructor(private readonly jobs: JobsService) {}

  @GrpcMethod('JobQueueService', 'Enqueue')
  @Authenticated({ keys: true })
  async enqueue(@Payload() request: EnqueueJob): Promise<{ job: Job; deduplicated: boolean }> {
    const { deduplicated, ...job } = await this.jobs.enqueue(request);
    return { job, deduplicated };
  }

  @GrpcMethod('JobQueueService', 'GetJob')
  @RequirePermission('jobs:read')
  async get(@Payload() { id }: JobIdMessage): Promise<{ job: Job }> {
    return { job: await this.jobs.get(id) };
  }

  @GrpcMethod('JobQueueService', 'ListJobs')
  @RequirePermission('jobs:read')
  list(@Payload() query: ListJobsQuery): Promise<JobPage> {
    return this.jobs.list(query);
  }
}
