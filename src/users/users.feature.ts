import { defineFeature } from '../platform/deployment/index.js';
import { AccountTokenRepository } from './account-token.repository.js';
import { TypeOrmAccountTokenRepository } from './account-token.typeorm.repository.js';
import { AddressChangedEmailHandler } from './address-changed-email.handler.js';
import { CredentialsRepository } from './credentials.repository.js';
import { TypeOrmCredentialsRepository } from './credentials.typeorm.repository.js';
import { PasswordResetEmailHandler } from './password-reset-email.handler.js';
import { SetPasswordEmailHandler } from './set-password-email.handler.js';
import { TokenMails } from './token-mails.js';
import { UserAccessController } from './user-access.controller.js';
import { UserAccessService } from './user-access.service.js';
import { DirectoryClient } from './directory-client.js';
import { SyncPendingUsersHandler } from './sync-pending-users.handler.js';
import { TypeOrmUserSyncRepository } from './user-sync.typeorm.repository.js';
import { UserSyncRepository } from './user-sync.repository.js';
import { ImportUsersHandler } from './import-users.handler.js';
import { PruneUserImportsHandler } from './prune-user-imports.handler.js';
import { UserEntity } from './user.entity.js';
import { UserExportRepository } from './user-export.repository.js';
import { UserExportService } from './user-export.service.js';
import { TypeOrmUserExportRepository } from './user-export.typeorm.repository.js';
import { UserImportRepository } from './user-import.repository.js';
import { UserImportService } from './user-import.service.js';
import { TypeOrmUserImportRepository } from './user-import.typeorm.repository.js';
import { UserRepository } from './user.repository.js';
import { TypeOrmUserRepository } from './user.typeorm.repository.js';
import { UsersController } from './users.controller.js';
import { UsersGrpcController } from './users.grpc.controller.js';
import { UsersService } from './users.service.js';
import { VerifyEmailHandler } from './verify-email.handler.js';
import { UsersTransferController } from './users-transfer.controller.js';

export const usersFeature = defineFeature({
  name: 'users',
  controllers: [UsersController, UserAccessController, UsersTransferController, UsersGrpcController],
  services: [UsersService, UserAccessService, UserExportService, UserImportService],
  repositories: [
    { port: UserRepository, adapter: TypeOrmUserRepository, entities: [UserEntity] },
    { port: CredentialsRepository, adapter: TypeOrmCredentialsRepository },
    { port: UserSyncRepository, adapter: TypeOrmUserSyncRepository },
    { port: AccountTokenRepository, adapter: TypeOrmAccountTokenRepository },
    { port: UserExportRepository, adapter: TypeOrmUserExportRepository },
    { port: UserImportRepository, adapter: TypeOrmUserImportRepository },
  ],
  providers: [DirectoryClient, TokenMails],
  jobs: [
    ImportUsersHandler,
    PruneUserImportsHandler,
    SyncPendingUsersHandler,
    SetPasswordEmailHandler,
    PasswordResetEmailHandler,
    VerifyEmailHandler,
    AddressChangedEmailHandler,
  ],
});
