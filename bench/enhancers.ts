/**
 * `node bench/enhancers.ts`: what each kind of global enhancer costs on a bare Nest application, over
 * REST and over gRPC. A guide for whoever adds one; nothing is kept.
 *
 * Processor time of the server per request is the figure to read: on a busy machine it moves less than
 * the rate does. Takes --quick, --rounds and --seconds like `npm run bench`.
 */
import { ENHANCER_NAMES, type EnhancerName } from './bare/enhancers.ts';
import { encodeValidateToken, VALIDATE_TOKEN } from './bare/auth-proto.ts';
import { startBareServer } from './harness/bare-server.ts';
import { readOptions } from './harness/options.ts';
import { runRounds } from './harness/rounds.ts';
import type { Load, Scenario, Stage } from './harness/scenario.ts';
import { compare, summarize } from './harness/statistics.ts';

const NONE = 'no enhancer';
const ALL = 'guard, pipe, interceptor, filter';
const VARIANTS: [name: string, enhancers: EnhancerName[]][] = [
  [NONE, []],
  ...ENHANCER_NAMES.map((name): [string, EnhancerName[]] => [name, [name]]),
  [ALL, ['guard', 'pipe', 'tapping interceptor', 'filter']],
];

/** The same Nest server once per variant. */
function scenarioOf(
  title: string,
  startServer: (stage: Stage, enhancers: EnhancerName[]) => Promise<{ pid: number; load: Load }>,
): Scenario {
  return {
    name: 'enhancers',
    title,
    operation: 'request',
    parameters: {},
    criteria: [],
    async start(stage) {
      const contestants = [];
      for (const [name, enhancers] of VARIANTS) {
        contestants.push({ name, ...(await startServer(stage, enhancers)) });
      }
      return contestants;
    },
  };
}

const rest = scenarioOf('REST', async (stage, enhancers) => {
  const path = '/health/live';
  const answer = { status: 'ok' };
  const { pid, port } = await startBareServer(stage, 'nest-rest.ts', { path, answer, enhancers });
  const specification = {
    url: `http://127.0.0.1:${port}${path}`,
    method: 'GET',
    headers: {},
    connections: 50,
  };
  return { pid, load: { generator: 'http.ts', specification } };
});

const grpc = scenarioOf('gRPC', async (stage, enhancers) => {
  const answer_base64 = encodeValidateToken.answer({ valid: true }).toString('base64');
  const request = encodeValidateToken.request({ access_token: 'x'.repeat(480) });
  const { pid, port } = await startBareServer(stage, 'nest-grpc.ts', { answer_base64, enhancers });
  const specification = {
    host: '127.0.0.1',
    port,
    path: VALIDATE_TOKEN,
    metadata: {},
    request_base64: request.toString('base64'),
    connections: 4,
    parallel: 64,
  };
  return { pid, load: { generator: 'grpc.ts', specification } };
});

const { size } = readOptions(process.argv.slice(2));
for (const scenario of [rest, grpc]) {
  const rounds = await runRounds(scenario, size, { withArcana: false, quick: false }, () =>
    process.stdout.write('.'),
  );
  const bare = summarize(NONE, rounds).server_cpu_us_per_operation;
  console.log(
    `\n\n| ${scenario.title}: global enhancer | requests/s | CPU µs/request | added µs | rate / none |`,
  );
  console.log('| --- | --- | --- | --- | --- |');
  for (const [name] of VARIANTS) {
    const { per_second, server_cpu_us_per_operation: cpu } = summarize(name, rounds);
    const added = cpu === undefined || bare === undefined ? '' : (cpu - bare).toFixed(1);
    const ratio = compare(name, NONE, rounds).ratio_of_medians.toFixed(2);
    console.log(`| ${name} | ${Math.round(per_second)} | ${cpu?.toFixed(1) ?? ''} | ${added} | ${ratio} |`);
  }
}
