import { Global, Logger, Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import type { Registry } from 'prom-client';
import { CacheModule } from '../platform/cache/index.js';
import { ArcanaConfig } from '../platform/config/index.js';
import { CoordinationModule } from '../platform/coordination/index.js';
import { DatabaseModule } from '../platform/database/index.js';
import {
  answersModule,
  Exposer,
  featureModule,
  LoopbackLink,
  type Feature,
} from '../platform/deployment/index.js';
import { EventsModule } from '../platform/events/index.js';
import { HealthRegistryModule } from '../platform/health/index.js';
import { RequestValidationPipe } from '../platform/http/index.js';
import { MailModule } from '../platform/mail/index.js';
import { ObservabilityModule } from '../platform/observability/index.js';
import { OutboundModule } from '../platform/outbound/index.js';
import { QueueModule } from '../platform/queue/index.js';
import { RedisModule, type RedisClients } from '../platform/redis/index.js';
import { RateLimitGuard, ResilienceModule } from '../platform/resilience/index.js';
import {
  AccessDeclarationCheck,
  AuthenticationGuard,
  AuthorizationGuard,
  SecurityModule,
} from '../platform/security/index.js';
import type { DatabaseSession } from './database-session.js';

/** What was opened before the module graph is built, and is closed after it. */
export interface Foundations {
  config: ArcanaConfig;
  database: DatabaseSession;
  redis: RedisClients | null;
  registry: Registry;
}

/** Configuration, and the link over which calls travel where they are not direct. */
@Global()
@Module({})
class FoundationModule {
  static forRoot(config: ArcanaConfig): DynamicModule {
    const logger = new Logger('Link');
    const exposer = new Exposer((cause) => logger.error(cause, 'a call over the link failed'));
    return {
      module: FoundationModule,
      providers: [
        { provide: ArcanaConfig, useValue: config },
        { provide: Exposer, useValue: exposer },
        { provide: LoopbackLink, useValue: new LoopbackLink(exposer) },
      ],
      exports: [ArcanaConfig, Exposer, LoopbackLink],
    };
  }
}

/** The module graph of a process that has every layer: features x platform. */
@Module({})
export class AppModule {
  static forRoot(
    features: readonly Feature[],
    { config, database, redis, registry }: Foundations,
  ): DynamicModule {
    const modules: DynamicModule[] = [];
    for (const feature of features)
      modules.push(featureModule(feature, config.deployment.link, [...modules]));
    return {
      module: AppModule,
      imports: [
        FoundationModule.forRoot(config),
        DatabaseModule.forRoot(database.dataSource),
        RedisModule.forRoot(redis),
        CoordinationModule.forRoot({
          url: database.url,
          connect_timeout_ms: config.database.connect_timeout_ms,
        }),
        HealthRegistryModule,
        ObservabilityModule.forRoot({ registry, serveMetrics: config.server.rest.metrics }),
        CacheModule,
        SecurityModule,
        ResilienceModule,
        OutboundModule,
        MailModule,
        QueueModule.forRoot({ databaseUrl: database.url }),
        EventsModule.forRoot(),
        DiscoveryModule,
        ...modules,
        answersModule(features, modules),
      ],
      // Nest runs them in this order: rate limit, authentication, authorisation, then validation.
      providers: [
        AccessDeclarationCheck,
        { provide: APP_GUARD, useClass: RateLimitGuard },
        { provide: APP_GUARD, useClass: AuthenticationGuard },
        { provide: APP_GUARD, useClass: AuthorizationGuard },
        { provide: APP_PIPE, useClass: RequestValidationPipe },
      ],
    };
  }
}
