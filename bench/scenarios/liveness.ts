import { startArcana } from '../arcana/start.ts';
import { startBareServer } from '../harness/bare-server.ts';
import { bodyOf, demandSameAnswer } from '../harness/same-answer.ts';
import type { Contestant, Scenario } from '../harness/scenario.ts';

const PATH = '/health/live';
const CONNECTIONS = 50;
/** What the bare sides answer when the product is not there to copy from. */
const ANSWER = '{"status":"ok"}';

const BARE_SERVERS = { 'bare Fastify': 'fastify.ts', 'bare Nest': 'nest-rest.ts' };

const contestant = (name: string, pid: number, port: number): Contestant & { url: string } => {
  const url = `http://127.0.0.1:${port}${PATH}`;
  const specification = { url, method: 'GET', headers: {}, connections: CONNECTIONS };
  return { name, pid, url, load: { generator: 'http.ts', specification } };
};

/** The shortest way through the product: what every request pays before any work is done. */
export const liveness: Scenario = {
  name: 'liveness',
  title: `GET ${PATH}`,
  operation: 'request',
  parameters: { connections: CONNECTIONS, pipelining: 1 },
  criteria: [{ contestant: 'Arcana', against: 'bare Nest', at_least: 0.8 }],
  async start(stage, { withArcana }) {
    const contestants: (Contestant & { url: string })[] = [];
    let answer = ANSWER;
    if (withArcana) {
      const { pid, rest } = await startArcana(stage);
      const arcana = contestant('Arcana', pid, rest.port);
      answer = await bodyOf(arcana.url);
      contestants.push(arcana);
    }
    for (const [name, program] of Object.entries(BARE_SERVERS)) {
      const specification = { path: PATH, answer: JSON.parse(answer) as object };
      const { pid, port } = await startBareServer(stage, program, specification);
      contestants.push(contestant(name, pid, port));
    }
    for (const { name, url } of contestants) demandSameAnswer(name, await bodyOf(url), answer);
    return contestants;
  },
};
