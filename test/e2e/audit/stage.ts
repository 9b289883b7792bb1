import type { GrpcCallError } from '../../support/grpc-client.js';
import type { TestProduct } from '../../support/over-links.js';
import type { Json, RestAnswer } from '../../support/rest-client.js';

/** Who is told to have done what. */
export interface Told {
  /** Null: nobody was signed in. */
  actor: string | null;
  /** `access_token` unless told; null without an actor. */
  via?: string;
  target: string | null;
  /** Before and after, or what else explains it. */
  details: object;
}

/** One act: its action, how it is told apart, the route or rpc it goes through, and what it takes to perform it. */
export type Act = readonly [
  action: string,
  what: string,
  route: string,
  perform: (stage: Stage) => Promise<Told>,
];

let acts = 0;

/** Where an act is performed: everything sent by it carries one request id and one user agent. */
export class Stage {
  readonly requestId = `act.${++acts}`;
  readonly userAgent = 'audit-acts';

  constructor(readonly product: TestProduct) {}

  get people(): TestProduct['people'] {
    return this.product.people;
  }

  /** The act itself over REST. @param expected its status */
  async rest(
    expected: number,
    method: string,
    path: string,
    body?: object,
    token?: string,
  ): Promise<RestAnswer> {
    const headers = { 'x-request-id': this.requestId, 'user-agent': this.userAgent };
    const answer = await this.product.rest.send(method, path, { body, token, headers });
    expect([answer.status, answer.text]).toEqual([expected, expect.any(String)]);
    return answer;
  }

  /** The act itself over gRPC. @param expected name of its status */
  async grpc(expected: string, path: string, request: object, token?: string): Promise<Json> {
    const metadata = { 'x-request-id': this.requestId };
    const call = this.product.grpc.unary<Json>(path, request, {
      metadata,
      ...(token !== undefined && { token }),
    });
    const [code, response] = await call.then(
      (answer) => ['OK', answer.response],
      (error: unknown) => [(error as GrpcCallError).code, undefined],
    );
    expect(code).toBe(expected);
    return response;
  }
}
