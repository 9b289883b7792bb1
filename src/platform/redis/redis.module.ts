import { Global, Module, type DynamicModule } from '@nestjs/common';
import { RedisClients } from './redis-clients.js';

/**
 * Makes the process's Redis clients available under the token `RedisClients`: an instance, or null where no
 * `redis.url` is configured, so inject it as `@Inject(RedisClients) redis: RedisClients | null`.
 *
 * The composition root makes them (`openRedis(config.redis)`) and closes them last, after everything that uses them.
 */
@Global()
@Module({})
export class RedisModule {
  static forRoot(clients: RedisClients | null): DynamicModule {
    return {
      module: RedisModule,
      providers: [{ provide: RedisClients, useFactory: () => clients }],
      exports: [RedisClients],
    };
  }
}
