import { jest } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import type { TestProduct } from '../support/over-links.js';
import { OwnRedis } from '../support/own-redis.js';
import type { Person } from '../support/people.js';
import { describeWithRedis } from '../support/redis.js';
import { startTwins, untilRemembered, type Twins } from '../support/twins.js';

jest.setTimeout(180_000);

interface Fault {
  harm(redis: OwnRedis): unknown;
  /** Makes it well again. */
  heal(redis: OwnRedis): unknown;
  /** What is said of the cache meanwhile. */
  told: 'healthy' | 'degraded';
}

/** What is done to the Redis server. */
const FAULTS: Record<string, Fault> = {
  'is killed': { harm: (redis) => redis.kill(), heal: (redis) => redis.run(), told: 'degraded' },
  'is frozen': { harm: (redis) => redis.freeze(), heal: (redis) => redis.thaw(), told: 'degraded' },
  'has lost its data': {
    harm: (redis) => redis.tell((client) => client.flushall()),
    heal: () => undefined,
    told: 'healthy',
  },
  'is out of memory': {
    harm: (redis) => redis.tell((client) => client.config('SET', 'maxmemory', '1')),
    heal: (redis) => redis.tell((client) => client.config('SET', 'maxmemory', '0')),
    told: 'degraded',
  },
  'is restarted without what it kept last': {
    // What was written from here on is not there after the restart.
    harm: (redis) => redis.tell((client) => client.config('SET', 'appendonly', 'no')),
    heal: async (redis) => {
      await redis.kill();
      await redis.run();
    },
    told: 'healthy',
  },
};

describeWithRedis('Revocation while Redis', () => {
  let redis: OwnRedis;
  let twins: Twins;

  beforeAll(async () => {
    redis = await OwnRedis.start();
    twins = await startTwins(redis.url);
  });
  afterAll(async () => {
    await (twins as Twins | undefined)?.stop();
    await (redis as OwnRedis | undefined)?.remove();
  });

  const statusOf = async ({ rest }: TestProduct, { token }: Person): Promise<number> =>
    (await rest.get('/api/v1/auth/me', { token })).status;
  const both = (person: Person): Promise<number[]> =>
    Promise.all([statusOf(twins.a, person), statusOf(twins.b, person)]);
  /** Ready all the while; how the cache is. */
  const cacheHealth = async ({ app }: TestProduct): Promise<string> => {
    const answer = await fetch(`${app.managementUrl}/health/ready`);
    expect(answer.status).toBe(200);
    const { components } = (await answer.json()) as { components: { name: string; status: string }[] };
    return components.find(({ name }) => name === 'cache')!.status;
  };
  const signOut = async ({ token }: Person): Promise<void> => {
    expect((await twins.a.rest.post('/api/v1/auth/logout', {}, { token })).status).toBe(204);
  };

  it.each(Object.keys(FAULTS))('%s: what is over stays over, what lives lives on', async (name) => {
    const { harm, heal, told } = FAULTS[name]!;
    const { a, b } = twins;
    const [over, living, ending] = [
      await a.people.newcomer(),
      await a.people.newcomer(),
      await a.people.newcomer(),
    ];
    // Connected for long enough to trust what is remembered, and remembering all three.
    for (const product of [a, b]) {
      for (const person of [over, living, ending]) await untilRemembered(product, person.token);
    }
    await signOut(over);
    expect(await both(over)).toEqual([401, 401]);
    try {
      await harm(redis);
      for (let turn = 0; turn < 5; turn++) {
        expect([await both(over), await both(living)]).toEqual([
          [401, 401],
          [200, 200],
        ]);
      }
      // Remembered at the second process until the very moment.
      expect(await both(ending)).toEqual([200, 200]);
      await signOut(ending);
      expect(await both(ending)).toEqual([401, 401]);
      await eventually('what is told of the cache', async () =>
        (await cacheHealth(a)) === told ? true : undefined,
      );
    } finally {
      await heal(redis);
    }
    // While the processes are still finding their way back, too.
    for (let turn = 0; turn < 10; turn++) expect(await both(ending)).toEqual([401, 401]);
    await untilRemembered(b, living.token);
    for (const person of [over, ending]) expect(await both(person)).toEqual([401, 401]);
    expect(await both(living)).toEqual([200, 200]);
  });
});
