import { defineFeature } from '../platform/deployment/index.js';
import { PrincipalResolver } from '../platform/security/index.js';
import { AccessTokens } from './access-tokens.js';
import { AuthController } from './auth.controller.js';
import { AuthGrpcController } from './auth.grpc.controller.js';
import { AuthService } from './auth.service.js';
import { BootstrapService } from './bootstrap.service.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordService } from './password.service.js';
import { SessionRepository } from './session.repository.js';
import { TypeOrmSessionRepository } from './session.typeorm.repository.js';
import { TokenService } from './token.service.js';
import { WelcomeEmailHandler } from './welcome-email.handler.js';

export const authFeature = defineFeature({
  name: 'auth',
  controllers: [AuthController, AuthGrpcController],
  services: [AuthService, PasswordService, TokenService],
  repositories: [{ port: SessionRepository, adapter: TypeOrmSessionRepository }],
  jobs: [WelcomeEmailHandler],
  answers: [{ port: PrincipalResolver, by: TokenService }],
  providers: [AccessTokens, PasswordHasher, BootstrapService],
});
