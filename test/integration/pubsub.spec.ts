import { jest } from '@jest/globals';
import { createDataSource } from '../../src/platform/database/index.js';
import { PostgresListener } from '../../src/platform/database/coordination/index.js';
import { DatabaseSettings } from '../../src/platform/config/index.js';
import { OUTBOX_CHANNEL } from '../../src/platform/database/index.js';
import { createTestDatabase } from '../support/embedded-postgres.js';
import { describeWithRedis } from '../support/redis.js';
import { pubSubConformance } from './coordination/pubsub.conformance.js';
import { onPostgres, onRedis, type Technology } from './coordination/technologies.js';

// The first suite of a run starts the servers.
jest.setTimeout(60_000);

const pubSubOf = ({ url, open }: Technology) => ({
  url,
  open: async (at: string) => {
    const { coordination, close } = await open(at);
    return { pubSub: coordination.pubSub, close };
  },
});

describe('PubSub on PostgreSQL', () => {
  pubSubConformance(pubSubOf(onPostgres));
});

describeWithRedis('PubSub on Redis', () => {
  pubSubConformance(pubSubOf(onRedis));
});

describe('PostgresListener', () => {
  it('hears a plain channel, at the commit of the transaction that notified and not before', async () => {
    const database = await createTestDatabase();
    const dataSource = await createDataSource(
      { ...new DatabaseSettings(), url: database.url, max_connections: 2 },
      [],
    ).initialize();
    const listener = new PostgresListener({ url: database.url, connect_timeout_ms: 2_000 });
    const order: string[] = [];
    const heard = Promise.withResolvers<void>();
    await listener.listen(OUTBOX_CHANNEL, {
      onMessage: () => {
        order.push('heard');
        heard.resolve();
      },
    });
    await dataSource.transaction(async (tx) => {
      await tx.query(`NOTIFY ${OUTBOX_CHANNEL}`);
      await tx.query('SELECT 1');
      order.push('commits');
    });
    await heard.promise;
    expect(order).toEqual(['commits', 'heard']);
    await listener.close();
    await expect(listener.listen(OUTBOX_CHANNEL, { onMessage: () => undefined })).rejects.toThrow('closed');
    await dataSource.destroy();
  });
});
