import { register, signIn } from '../arcana/account.ts';
import { startArcana } from '../arcana/start.ts';
import { VALIDATE_TOKEN, encodeValidateToken } from '../bare/auth-proto.ts';
import { startBareServer } from '../harness/bare-server.ts';
import { demandSameAnswer, messageOf, type Call } from '../harness/same-answer.ts';
import type { Contestant, Scenario } from '../harness/scenario.ts';

const CONNECTIONS = 4;
const CALLS_IN_FLIGHT = 64;
/** As long as a token of the product, for runs without it. */
const PLACEHOLDER_TOKEN = 'x'.repeat(480);

const BARE_SERVERS = { 'bare grpc-js': 'grpc-js.ts', 'bare Nest': 'nest-grpc.ts' };

const contestant = (name: string, pid: number, call: Call): Contestant & { call: Call } => {
  const { request, ...rest } = call;
  const specification = {
    ...rest,
    request_base64: request.toString('base64'),
    connections: CONNECTIONS,
    parallel: CALLS_IN_FLIGHT,
  };
  return { name, pid, call, load: { generator: 'grpc.ts', specification } };
};

/** The call that services make for every request of theirs: is this token worth anything? */
export const validateToken: Scenario = {
  name: 'validate-token',
  title: 'gRPC arcana.auth.v1.AuthService/ValidateToken',
  operation: 'call',
  parameters: { connections: CONNECTIONS, calls_in_flight: CALLS_IN_FLIGHT },
  criteria: [{ contestant: 'Arcana', against: 'bare Nest', at_least: 0.65 }],
  async start(stage, { withArcana }) {
    const contestants: (Contestant & { call: Call })[] = [];
    let token = PLACEHOLDER_TOKEN;
    let answer = encodeValidateToken.answer({ valid: true });
    // The call is public: the token it judges is the message, and services send nothing beside it.
    const callOf = (port: number): Call => ({
      host: '127.0.0.1',
      port,
      path: VALIDATE_TOKEN,
      metadata: {},
      request: encodeValidateToken.request({ access_token: token }),
    });
    if (withArcana) {
      const arcana = await startArcana(stage);
      await register(arcana);
      token = await signIn(arcana);
      const side = contestant('Arcana', arcana.pid, callOf(arcana.grpc.port));
      answer = await messageOf(side.call);
      contestants.push(side);
    }
    const answer_base64 = answer.toString('base64');
    for (const [name, program] of Object.entries(BARE_SERVERS)) {
      const { pid, port } = await startBareServer(stage, program, { answer_base64 });
      contestants.push(contestant(name, pid, callOf(port)));
    }
    for (const { name, call } of contestants) {
      demandSameAnswer(name, (await messageOf(call)).toString('base64'), answer_base64);
    }
    return contestants;
  },
};
