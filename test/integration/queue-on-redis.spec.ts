import {
  createTestDatabase,
  ensureTemplateDatabase,
  type TestDatabase,
} from '../support/embedded-postgres.js';
import { migrate } from '../support/queue-app.js';
import { queueConformance } from '../support/queue-conformance.js';
import { claimRedisDatabase, describeWithRedis } from '../support/redis.js';

describeWithRedis('The queue on Redis', () => {
  let database: TestDatabase;

  queueConformance(async () => {
    const template = await ensureTemplateDatabase('queue_template', migrate);
    database = await createTestDatabase({ template });
    return { databaseUrl: database.url, redisUrl: await claimRedisDatabase() };
  });

  afterAll(() => database.drop());
});
