import { type Coordination, openCoordination } from '../../../src/platform/coordination/index.js';
import { createDataSource, Database, runMigrations } from '../../../src/platform/database/index.js';
import { DatabaseSettings } from '../../../src/platform/config/index.js';
import { openRedis } from '../../../src/platform/redis/index.js';
import { createTestDatabase, ensureTemplateDatabase } from '../../support/embedded-postgres.js';
import { claimRedisDatabase } from '../../support/redis.js';

/** What a process has, and how it is closed. */
export interface OpenedCoordination {
  readonly coordination: Coordination;
  close(): Promise<void>;
}

/** A server that coordination can run on. */
export interface Technology {
  /** URL of a place on the real server that nobody else uses. */
  url(): Promise<string>;
  /** Everything a process of its own would have, ready for use. */
  open(url: string): Promise<OpenedCoordination>;
}

const dataSourceAt = (url: string) =>
  createDataSource({ ...new DatabaseSettings(), max_connections: 2, connect_timeout_ms: 10_000, url }, []);

export const onPostgres: Technology = {
  async url() {
    const template = await ensureTemplateDatabase('coordination_template', async (url) => {
      const dataSource = await dataSourceAt(url).initialize();
      await runMigrations(dataSource);
      await dataSource.destroy();
    });
    return (await createTestDatabase({ template })).url;
  },
  async open(url) {
    const dataSource = await dataSourceAt(url).initialize();
    const settings = { url, connect_timeout_ms: 10_000, silence_limit_ms: 1_500 };
    const coordination = openCoordination(null, settings, new Database(dataSource));
    return {
      coordination,
      close: async () => {
        await coordination.close();
        await dataSource.destroy();
      },
    };
  },
};

/** To be used inside `describeWithRedis` only. */
export const onRedis: Technology = {
  url: claimRedisDatabase,
  async open(url) {
    const clients = openRedis({ url, command_timeout_ms: 1_000, ping_interval_ms: 500 })!;
    await clients.whenReady(clients.producer, 20_000);
    const nowhere = { url: 'postgres://127.0.0.1:1/none', connect_timeout_ms: 1 };
    const coordination = openCoordination(clients, nowhere, new Database(dataSourceAt(nowhere.url)));
    return {
      coordination,
      close: async () => {
        await coordination.close();
        await clients.close(1_000);
      },
    };
  },
};
