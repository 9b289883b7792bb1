import { ArcanaConfig } from '../platform/config/index.js';
import { defineFeature } from '../platform/deployment/index.js';
import { SigningKeyMetrics } from '../platform/observability/index.js';
import { PrincipalResolver } from '../platform/security/index.js';
import { AccessTokens } from './access-tokens.js';
import { AccountUnlockController } from './account-unlock.controller.js';
import { AccountUnlockService } from './account-unlock.service.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeyService } from './api-key.service.js';
import { TypeOrmApiKeyRepository } from './api-key.typeorm.repository.js';
import { ApiKeysController } from './api-keys.controller.js';
import { AuthController } from './auth.controller.js';
import { AuthGrpcController } from './auth.grpc.controller.js';
import { BootstrapService } from './bootstrap.service.js';
import { CallerService } from './caller.service.js';
import { CleanupTokensHandler } from './cleanup-tokens.handler.js';
import { DeletedAccountKeys } from './deleted-account-keys.js';
import { KeySetController } from './key-set.controller.js';
import { KeySetService } from './key-set.service.js';
import { LiveSessions } from './live-sessions.js';
import { KnownAddressRepository } from './known-address.repository.js';
import { TypeOrmKnownAddressRepository } from './known-address.typeorm.repository.js';
import { PasswordChangeService } from './password-change.service.js';
import { MailBudget } from './mail-budget.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordService } from './password.service.js';
import { ProfileService } from './profile.service.js';
import { RecoveryController } from './recovery.controller.js';
import { RecoveryService } from './recovery.service.js';
import { RegistrationAttemptEmailHandler } from './registration-attempt-email.handler.js';
import { RegistrationService } from './registration.service.js';
import { SessionRecordRepository } from './session-record.repository.js';
import { TypeOrmSessionRecordRepository } from './session-record.typeorm.repository.js';
import { SessionUses } from './session-uses.js';
import { SessionRepository } from './session.repository.js';
import { TypeOrmSessionRepository } from './session.typeorm.repository.js';
import { SessionService } from './session.service.js';
import { SessionsController } from './sessions.controller.js';
import { SignInService } from './sign-in.service.js';
import { SigningKeys } from './signing-keys.js';
import { SignInThrottle } from './sign-in-throttle.js';
import { TokenPairs } from './token-pairs.js';
import { TokenService } from './token.service.js';
import { VerificationService } from './verification.service.js';
import { WelcomeEmailHandler } from './welcome-email.handler.js';

export const authFeature = defineFeature({
  name: 'auth',
  controllers: [
    AuthController,
    RecoveryController,
    ApiKeysController,
    SessionsController,
    AuthGrpcController,
    KeySetController,
    AccountUnlockController,
  ],
  services: [
    RegistrationService,
    SignInService,
    SessionService,
    ProfileService,
    PasswordService,
    PasswordChangeService,
    RecoveryService,
    VerificationService,
    TokenService,
    ApiKeyService,
    CallerService,
    KeySetService,
    AccountUnlockService,
  ],
  repositories: [
    { port: SessionRepository, adapter: TypeOrmSessionRepository },
    { port: ApiKeyRepository, adapter: TypeOrmApiKeyRepository },
    { port: SessionRecordRepository, adapter: TypeOrmSessionRecordRepository },
    { port: KnownAddressRepository, adapter: TypeOrmKnownAddressRepository },
  ],
  jobs: [CleanupTokensHandler, WelcomeEmailHandler, RegistrationAttemptEmailHandler],
  answers: [{ port: PrincipalResolver, by: CallerService }],
  providers: [
    {
      provide: SigningKeys,
      inject: [ArcanaConfig, SigningKeyMetrics],
      useFactory: (config: ArcanaConfig, metrics: SigningKeyMetrics) => SigningKeys.open(config, metrics),
    },
    AccessTokens,
    LiveSessions,
    TokenPairs,
    PasswordHasher,
    SignInThrottle,
    SessionUses,
    MailBudget,
    BootstrapService,
    DeletedAccountKeys,
  ],
});
