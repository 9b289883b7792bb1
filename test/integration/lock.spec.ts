import { jest } from '@jest/globals';
import { describeWithRedis } from '../support/redis.js';
import { lockConformance } from './coordination/lock.conformance.js';
import { onPostgres, onRedis, type Technology } from './coordination/technologies.js';

// The first suite of a run starts the servers.
jest.setTimeout(60_000);

const locksOf = ({ url, open }: Technology) => ({
  url,
  open: async (at: string) => {
    const { coordination, close } = await open(at);
    return { lock: coordination.lock, close };
  },
});

describe('Lock on PostgreSQL', () => {
  lockConformance(locksOf(onPostgres));
});

describeWithRedis('Lock on Redis', () => {
  lockConformance(locksOf(onRedis));
});
