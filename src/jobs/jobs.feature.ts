import { defineFeature } from '../platform/deployment/index.js';
import { JobRecorder } from '../platform/queue/index.js';
import { TypeOrmJobRecorder } from './job-recorder.typeorm.repository.js';
import { JobEntity } from './job.entity.js';
import { JobRepository } from './job.repository.js';
import { TypeOrmJobRepository } from './job.typeorm.repository.js';
import { JobsController } from './jobs.controller.js';
import { JobsGrpcController } from './jobs.grpc.controller.js';
import { JobsService } from './jobs.service.js';
import { PruneRecordsHandler } from './prune-records.handler.js';

export const jobsFeature = defineFeature({
  name: 'jobs',
  controllers: [JobsController, JobsGrpcController],
  services: [JobsService],
  repositories: [
    { port: JobRepository, adapter: TypeOrmJobRepository, entities: [JobEntity] },
    { port: JobRecorder, adapter: TypeOrmJobRecorder },
  ],
  jobs: [PruneRecordsHandler],
});
