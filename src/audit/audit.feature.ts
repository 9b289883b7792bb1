import { defineFeature } from '../platform/deployment/index.js';
import { AuditLogEntity } from './audit-log.entity.js';
import { AuditLogRepository } from './audit-log.repository.js';
import { TypeOrmAuditLogRepository } from './audit-log.typeorm.repository.js';
import { AuditController } from './audit.controller.js';
import { AuditGrpcController } from './audit.grpc.controller.js';
import { AuditService } from './audit.service.js';

export const auditFeature = defineFeature({
  name: 'audit',
  controllers: [AuditController, AuditGrpcController],
  services: [AuditService],
  repositories: [
    { port: AuditLogRepository, adapter: TypeOrmAuditLogRepository, entities: [AuditLogEntity] },
  ],
});
