import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Database } from '../database/index.js';
import { PostgresListener, type SessionSettings } from '../database/coordination/index.js';
import { RedisClients } from '../redis/index.js';
import { Coordination, openCoordination } from './coordination.js';
import { Lock } from './lock.js';
import { PubSub } from './pubsub.js';

/**
 * Makes `Lock`, `PubSub` and `PostgresListener` injectable everywhere, on Redis where `RedisModule` has clients, else
 * on PostgreSQL. Needs `DatabaseModule` and `RedisModule`. On shutdown call `app.get(Coordination).close()` in the
 * order that suits: no lifecycle hook does it.
 */
@Global()
@Module({})
export class CoordinationModule {
  /** @param settings how the database is reached: its URL, and the time to connect in milliseconds */
  static forRoot(settings: SessionSettings): DynamicModule {
    return {
      module: CoordinationModule,
      providers: [
        {
          provide: Coordination,
          inject: [RedisClients, Database],
          useFactory: (redis: RedisClients | null, database: Database) =>
            openCoordination(redis, settings, database),
        },
        { provide: Lock, inject: [Coordination], useFactory: ({ lock }: Coordination) => lock },
        { provide: PubSub, inject: [Coordination], useFactory: ({ pubSub }: Coordination) => pubSub },
        {
          provide: PostgresListener,
          inject: [Coordination],
          useFactory: ({ listener }: Coordination) => listener,
        },
      ],
      exports: [Coordination, Lock, PubSub, PostgresListener],
    };
  }
}
