import { defineFeature } from '../platform/deployment/index.js';
import { PrincipalResolver } from '../platform/security/index.js';
import { AccessTokens } from './access-tokens.js';
import { AuthController } from './auth.controller.js';
import { AuthGrpcController } from './auth.grpc.controller.js';
import { BootstrapService } from './bootstrap.service.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordService } from './password.service.js';
import { ProfileService } from './profile.service.js';
import { RegistrationService } from './registration.service.js';
import { SessionRepository } from './session.repository.js';
import { TypeOrmSessionRepository } from './session.typeorm.repository.js';
import { SessionService } from './session.service.js';
import { SignInService } from './sign-in.service.js';
import { TokenPairs } from './token-pairs.js';
import { TokenService } from './token.service.js';
import { WelcomeEmailHandler } from './welcome-email.handler.js';

export const authFeature = defineFeature({
  name: 'auth',
  controllers: [AuthController, AuthGrpcController],
  services: [
    RegistrationService,
    SignInService,
    SessionService,
    ProfileService,
    PasswordService,
    TokenService,
  ],
  repositories: [{ port: SessionRepository, adapter: TypeOrmSessionRepository }],
  jobs: [WelcomeEmailHandler],
  answers: [{ port: PrincipalResolver, by: TokenService }],
  providers: [AccessTokens, TokenPairs, PasswordHasher, BootstrapService],
});
