import { Test } from '@nestjs/testing';
import { DatabaseSettings } from '../config/index.js';
import { PostgresListener } from '../database/coordination/index.js';
import { createDataSource, DatabaseModule } from '../database/index.js';
import { openRedis, RedisModule, type RedisClients } from '../redis/index.js';
import { Coordination, CoordinationModule, Lock, PubSub } from './index.js';
import { PostgresLock } from './postgres.lock.js';
import { PostgresPubSub } from './postgres.pubsub.js';
import { RedisLock } from './redis.lock.js';
import { RedisPubSub } from './redis.pubsub.js';

// Nothing connects before it is used.
const URL = 'postgres://127.0.0.1:1/none';

const moduleWith = (redis: RedisClients | null) =>
  Test.createTestingModule({
    imports: [
      DatabaseModule.forRoot(createDataSource({ ...new DatabaseSettings(), url: URL }, [])),
      RedisModule.forRoot(redis),
      CoordinationModule.forRoot({ url: URL, connect_timeout_ms: 1 }),
    ],
  }).compile();

describe('CoordinationModule', () => {
  it.each([
    ['PostgreSQL where no Redis is configured', null, PostgresLock, PostgresPubSub],
    [
      'Redis where one is',
      openRedis({ url: 'redis://127.0.0.1:1', command_timeout_ms: 1 }),
      RedisLock,
      RedisPubSub,
    ],
  ])('runs on %s', async (_, redis, lock, pubSub) => {
    const module = await moduleWith(redis);
    expect(module.get(Lock)).toBeInstanceOf(lock);
    expect(module.get(PubSub)).toBeInstanceOf(pubSub);
    expect(module.get(PostgresListener)).toBeInstanceOf(PostgresListener);
    await module.get(Coordination).close();
  });
});
