import { jest } from '@jest/globals';
import type { TestProduct } from '../support/over-links.js';
import { OwnRedis } from '../support/own-redis.js';
import type { Person } from '../support/people.js';
import { describeWithRedis } from '../support/redis.js';
import { startTwins, untilRemembered, type Twins } from '../support/twins.js';

jest.setTimeout(180_000);

/** What is done to the Redis server, and what makes it well again. */
const FAULTS: Record<string, [harm: (redis: OwnRedis) => unknown, heal: (redis: OwnRedis) => unknown]> = {
  'is killed': [(redis) => redis.kill(), (redis) => redis.run()],
  'is frozen': [(redis) => redis.freeze(), (redis) => redis.thaw()],
  'has lost its data': [(redis) => redis.tell((client) => client.flushall()), () => undefined],
  'is out of memory': [
    (redis) => redis.tell((client) => client.config('SET', 'maxmemory', '1')),
    (redis) => redis.tell((client) => client.config('SET', 'maxmemory', '0')),
  ],
  'was restarted without what it kept last': [
    async (redis) => {
      await redis.tell(async (client) => {
        // What was written from here on is not there after the restart.
        await client.config('SET', 'appendonly', 'no');
      });
    },
    async (redis) => {
      await redis.kill();
      await redis.run();
    },
  ],
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
  const signOut = async ({ token }: Person): Promise<void> => {
    expect((await twins.a.rest.post('/api/v1/auth/logout', {}, { token })).status).toBe(204);
  };

  it.each(Object.keys(FAULTS))('%s: what is over stays over, what lives lives on', async (name) => {
    const [harm, heal] = FAULTS[name]!;
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
