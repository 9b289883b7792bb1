import { Body, Controller, Get, HttpStatus, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors, cursorLinks, UuidPipe } from '../platform/http/index.js';
import { JOB_PAYLOAD_TOO_LARGE, JOB_TYPE_INTERNAL, UNKNOWN_JOB_TYPE } from '../platform/queue/index.js';
import { Authenticated, RequirePermission } from '../platform/security/index.js';
import { EnqueueJob } from './dto/enqueue-job.dto.js';
import { EnqueuedJob, Job, JobPage } from './dto/job.dto.js';
import { ListJobsQuery } from './dto/list-jobs.dto.js';
import { INVALID_JOB_CURSOR, JOB_NOT_FOUND } from './jobs.errors.js';
import { JobsService } from './jobs.service.js';

/** Background work over REST, with and without the version in the path. */
@ApiTags('jobs')
@Controller(['api/jobs', 'api/v1/jobs'])
export class JobsController {
  constructor(private readonly jobs: JobsService) {}

  @Get('jobs')
  @RequirePermission('jobs:read')
  @ApiOperation({ summary: 'Search jobs, newest first' })
  @ApiOkResponse({ type: JobPage })
  @ApiErrors(INVALID_JOB_CURSOR)
  async list(
    @Query() query: ListJobsQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobPage> {
    const page = await this.jobs.list(query);
    const links = cursorLinks(request, page.next_cursor);
    if (links) void reply.header('link', links);
    return page;
  }

  @Get('jobs/:id')
  @RequirePermission('jobs:read')
  @ApiOperation({ summary: 'Read one job with its progress, result and log' })
  @ApiParam({
    name: 'id',
    description: 'Id of the job.',
    format: 'uuid',
    example: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87',
  })
  @ApiOkResponse({ type: Job })
  @ApiErrors(JOB_NOT_FOUND)
  get(@Param('id', UuidPipe) id: string): Promise<Job> {
    return this.jobs.get(id);
  }

  @Post('jobs')
  @Authenticated({ keys: true })
  @ApiOperation({
    summary: 'Enqueue a job',
    description:
      'The caller needs the permission that the job type declares; types that declare none cannot be enqueued from outside.',
  })
  @ApiCreatedResponse({
    type: EnqueuedJob,
    headers: { Location: { schema: { type: 'string' }, description: 'Path of the job.' } },
  })
  @ApiErrors('FORBIDDEN', JOB_TYPE_INTERNAL, UNKNOWN_JOB_TYPE, JOB_PAYLOAD_TOO_LARGE)
  async enqueue(
    @Body() body: EnqueueJob,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EnqueuedJob> {
    const job = await this.jobs.enqueue(body);
    const [path] = request.url.split('?', 1);
    void reply.header('location', `${path}/${job.id}`);
    // Nothing was made when the unique key led to a job that is there.
    void reply.status(job.deduplicated ? HttpStatus.OK : HttpStatus.CREATED);
    return job;
  }
}
