import { gatherCrowd, type Crowd } from '../arcana/crowd.ts';
import { startArcana } from '../arcana/start.ts';
import { startBareServer } from '../harness/bare-server.ts';
import { bodyOf, demandSameAnswer } from '../harness/same-answer.ts';
import type { Contestant, Scenario, Stage } from '../harness/scenario.ts';

const PATH = '/api/v1/auth/me';
const CONNECTIONS = 50;
/** Accounts that call, each with a session of its own. */
const SPEAKERS = 200;
const FEW: Crowd = { users: 1_000, sessions: 3_000 };
const MANY: Crowd = { users: 1_000_000, sessions: 3_000_000 };
const QUICK_MANY: Crowd = { users: 20_000, sessions: 60_000 };
/** Signing in is not what is measured here. */
const CHEAP_SIGN_IN = {
  ARCANA_SECURITY__ARGON2__MEMORY_KIB: '8192',
  ARCANA_SECURITY__ARGON2__TIME_COST: '2',
  ARCANA_SECURITY__ARGON2__PARALLELISM: '1',
};
/** What the bare side answers when the product is not there to copy from. */
const ANSWER = { id: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87', name: 'Crowd 1', metadata: {} };
/** As long as a token of the product, for runs without it. */
const PLACEHOLDER_TOKEN = 'x'.repeat(420);

interface Side extends Contestant {
  body: string;
}

async function side(name: string, pid: number, port: number, tokens: string[]): Promise<Side> {
  const url = `http://127.0.0.1:${port}${PATH}`;
  const in_turn = tokens.map((token) => ({ authorization: `Bearer ${token}` }));
  const specification = { url, method: 'GET', headers: {}, in_turn, connections: CONNECTIONS };
  return { name, pid, body: await bodyOf(url, in_turn[0]), load: { generator: 'http.ts', specification } };
}

async function product(stage: Stage, name: string, crowd: Crowd): Promise<Side & { tokens: string[] }> {
  const arcana = await startArcana(stage, CHEAP_SIGN_IN);
  const tokens = await gatherCrowd(stage, arcana, crowd, SPEAKERS);
  return { ...(await side(name, arcana.pid, arcana.rest.port, tokens)), tokens };
}

/** Two products have other ids and other times. */
const shapeOf = (body: string): string =>
  body.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, '?');

/** Who am I: the token verified, its session looked for, the account read. */
export const me: Scenario = {
  name: 'me',
  title: `GET ${PATH}`,
  operation: 'request',
  parameters: {
    connections: CONNECTIONS,
    pipelining: 1,
    callers: SPEAKERS,
    accounts: FEW.users,
    sessions: FEW.sessions,
    'accounts (crowded)': MANY.users,
    'sessions (crowded)': MANY.sessions,
  },
  criteria: [
    { contestant: 'Arcana', against: 'bare Nest', at_least: 0.4 },
    // At most 1.15 times as slow.
    { contestant: 'Arcana, crowded', against: 'Arcana', at_least: 0.87 },
  ],
  async start(stage, { withArcana, quick }) {
    const contestants: Side[] = [];
    let tokens = [PLACEHOLDER_TOKEN];
    let answer = JSON.stringify(ANSWER);
    if (withArcana) {
      const few = await product(stage, 'Arcana', FEW);
      const many = await product(stage, 'Arcana, crowded', quick ? QUICK_MANY : MANY);
      ({ tokens, body: answer } = few);
      demandSameAnswer(many.name, shapeOf(many.body), shapeOf(answer));
      contestants.push(few, many);
    }
    const specification = { path: PATH, answer: JSON.parse(answer) as object };
    const { pid, port } = await startBareServer(stage, 'nest-rest.ts', specification);
    const bare = await side('bare Nest', pid, port, tokens);
    demandSameAnswer(bare.name, bare.body, answer);
    return [...contestants, bare];
  },
};
