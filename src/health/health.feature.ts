import { TerminusModule } from '@nestjs/terminus';
import { defineFeature } from '../platform/deployment/index.js';
import { HealthController } from './health.controller.js';
import { HealthGrpcController } from './health.grpc.controller.js';
import { HealthRepository } from './health.repository.js';
import { HealthService } from './health.service.js';
import { TypeOrmHealthRepository } from './health.typeorm.repository.js';

export const healthFeature = defineFeature({
  name: 'health',
  controllers: [HealthController, HealthGrpcController],
  repositories: [{ port: HealthRepository, adapter: TypeOrmHealthRepository }],
  // Each process answers for itself: never across a link.
  providers: [HealthService],
  imports: [TerminusModule.forRoot({ logger: false })],
});
