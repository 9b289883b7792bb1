import {
  createTestDatabase,
  ensureTemplateDatabase,
  type TestDatabase,
} from '../support/embedded-postgres.js';
import { migrate } from '../support/queue-app.js';
import { queueConformance } from '../support/queue-conformance.js';

describe('The queue on PostgreSQL', () => {
  let database: TestDatabase;

  queueConformance(async () => {
    const template = await ensureTemplateDatabase('queue_template', migrate);
    database = await createTestDatabase({ template });
    return { databaseUrl: database.url };
  });

  afterAll(() => database.drop());
});
