import { setTimeout as pause } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { Person } from '../support/people.js';
import { claimRedisDatabase, describeWithRedis } from '../support/redis.js';
import { lookups, startTwins, untilRemembered, type Twins } from '../support/twins.js';

jest.setTimeout(180_000);

const ROUNDS = 5;
const ME = '/api/v1/auth/me';
/** Subject of the mail. */
const RESET = 'Set a new password';

/** What ends access, done at the first process. */
const acts: Record<string, (twins: Twins, person: Person) => Promise<void>> = {
  'signing out': async ({ a }, { token }) => {
    expect((await a.rest.post('/api/v1/auth/logout', {}, { token })).status).toBe(204);
  },
  'use of a refresh token that was spent': async ({ a }, { refreshToken }) => {
    const refresh = () => a.rest.post('/api/v1/auth/refresh', { refresh_token: refreshToken });
    expect((await refresh()).status).toBe(200);
    expect((await refresh()).status).toBe(401);
  },
  'signing out everywhere, by another session': async ({ a }, person) => {
    const { token } = await a.people.signIn(person);
    expect((await a.rest.post('/api/v1/auth/logout-all', undefined, { token })).status).toBe(204);
  },
  'another password, set by another session': async ({ a }, person) => {
    const { token } = await a.people.signIn(person);
    const body = { current_password: person.password, new_password: 'Viol1n-Concerto' };
    expect((await a.rest.post('/api/v1/auth/change-password', body, { token })).status).toBe(204);
  },
  'another password, set by mail': async ({ a, b }, { email }) => {
    expect((await a.rest.post('/api/v1/auth/forgot-password', { email })).status).toBe(202);
    // Either process may have sent it.
    const mail = await Promise.any([a, b].map(({ mails }) => mails.to(email, RESET)));
    const body = { token: /"token":"([\w-]+)"/.exec(mail)![1], new_password: 'Viol1n-Concerto' };
    expect((await a.rest.post('/api/v1/auth/reset-password', body)).status).toBe(204);
  },
  'another role': async ({ a }, { id }) => {
    const { token } = await a.people.withRole('super_admin');
    const body = { role: 'moderator' };
    expect((await a.rest.send('PATCH', `/api/v1/users/${id}/role`, { token, body })).status).toBe(200);
  },
  suspension: async ({ a }, { id }) => {
    const { token } = await a.people.withRole('super_admin');
    const body = { status: 'suspended' };
    expect((await a.rest.send('PATCH', `/api/v1/users/${id}/status`, { token, body })).status).toBe(200);
  },
  'deletion of the account': async ({ a }, { id }) => {
    const { token } = await a.people.withRole('super_admin');
    expect((await a.rest.send('DELETE', `/api/v1/users/${id.toUpperCase()}`, { token })).status).toBe(204);
  },
};

describeWithRedis('Access that ends in one process', () => {
  let twins: Twins;

  beforeAll(async () => {
    twins = await startTwins(await claimRedisDatabase());
    const { token } = await twins.a.people.withRole('super_admin');
    // For a while after it connected a process trusts nothing it finds.
    await untilRemembered(twins.a, token);
    await untilRemembered(twins.b, token);
  });
  afterAll(() => (twins as Twins | undefined)?.stop());

  it.each(Object.keys(acts))(
    'ends in the other with the very next request, however many are being made: %s',
    async (name) => {
      const { a, b } = twins;
      const remembered = async () => (await lookups(a, 'hit')) + (await lookups(b, 'hit'));
      const before = await remembered();
      for (let round = 0; round < ROUNDS; round++) {
        const person = await twins.a.people.newcomer();
        let isOver = false;
        let refused = 0;
        let reads = 0;
        const areReading = Promise.withResolvers<void>();
        const read = async ({ rest }: Twins['a']): Promise<void> => {
          for (let after = 0; after < 4;) {
            const begunAfter = isOver;
            const { status } = await rest.get(ME, { token: person.token });
            if (begunAfter) {
              expect(status).toBe(401);
              after++;
              refused++;
            } else expect([200, 401]).toContain(status);
            if (++reads === 12) areReading.resolve();
          }
        };
        const act = async (): Promise<void> => {
          await areReading.promise;
          await pause(Math.random() * 20);
          await acts[name]!(twins, person);
          isOver = true;
        };
        await Promise.all([act(), ...[a, a, b, b, b, b].map(read)]);
        expect(refused).toBe(24);
      }
      // Or none of this would show anything.
      expect(await remembered()).toBeGreaterThan(before);
    },
  );

  it('shows what was changed in one process in the other with the very next request', async () => {
    const { a, b } = twins;
    const { id, token } = await a.people.newcomer();
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all([b.rest.get(ME, { token }), b.rest.get(ME, { token })]);
      const name = `Name ${round}`;
      expect((await a.rest.send('PATCH', `/api/v1/users/${id}`, { token, body: { name } })).status).toBe(200);
      expect((await b.rest.get(ME, { token })).body.name).toBe(name);
    }
  });

  it('shows the last sign-in to other sessions with the very next request', async () => {
    const { a, b } = twins;
    const person = await a.people.newcomer();
    const seen = new Set<string>();
    for (let round = 0; round < 3; round++) {
      await a.people.signIn(person);
      seen.add(String((await b.rest.get(ME, { token: person.token })).body.last_login_at));
    }
    expect(seen.size).toBe(3);
  });
});
