import { ACCOUNT, register, signIn } from '../arcana/account.ts';
import { startArcana } from '../arcana/start.ts';
import type { Contestant, Scenario } from '../harness/scenario.ts';

/** The product's defaults; RFC 9106, section 4, second recommended option. */
const ARGON2ID = { memory_kib: 65_536, iterations: 3, lanes: 4 };
/** As many as the product verifies at once by default; both sides have this many in flight. */
const IN_FLIGHT = 4;

/** A sign-in, of which nearly all is the password hash: how much is lost around it? */
export const login: Scenario = {
  name: 'login',
  title: 'POST /api/v1/auth/login',
  operation: 'sign-in',
  parameters: { in_flight: IN_FLIGHT, ...ARGON2ID },
  criteria: [{ contestant: 'Arcana', against: 'bare Argon2id', at_least: 0.9 }],
  // Ten a second on two cores: a longer window counts enough of them.
  window_factor: 3,
  async start(stage, { withArcana }) {
    const contestants: Contestant[] = [];
    if (withArcana) {
      const arcana = await startArcana(stage);
      await register(arcana);
      await signIn(arcana);
      const specification = {
        url: `${arcana.rest.url}/api/v1/auth/login`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: ACCOUNT.email, password: ACCOUNT.password }),
        connections: IN_FLIGHT,
      };
      contestants.push({ name: 'Arcana', pid: arcana.pid, load: { generator: 'http.ts', specification } });
    }
    contestants.push({
      name: 'bare Argon2id',
      load: {
        generator: 'argon2id.ts',
        specification: { ...ARGON2ID, password: ACCOUNT.password, parallel: IN_FLIGHT },
      },
    });
    return contestants;
  },
};
