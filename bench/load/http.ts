import autocannon from 'autocannon';
import { beginMeasuring, readSpecification, report, type Window } from './generator.ts';

/** An HTTP request, sent over and over on keep-alive connections by autocannon. */
export interface HttpLoad extends Window {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  /** Further headers of each request in turn. */
  in_turn?: Record<string, string>[];
  body?: string;
  connections: number;
}

const { warm_up_seconds, seconds, in_turn, ...request } = readSpecification<HttpLoad>();
// Without pipelining: browsers and gateways do not pipeline, so neither does the load.
const fire = (duration: number): ReturnType<typeof autocannon> =>
  autocannon({
    ...request,
    ...(in_turn && { requests: in_turn.map((headers) => ({ headers: { ...request.headers, ...headers } })) }),
    pipelining: 1,
    duration,
  });

if (warm_up_seconds > 0) await fire(warm_up_seconds);
const endMeasuring = beginMeasuring();
const result = await fire(seconds);
const { generator_cpu_seconds } = endMeasuring();
const { p50, p90, p99, max } = result.latency;
report({
  operations: result['2xx'],
  errors: result.non2xx + result.errors + result.timeouts,
  seconds: result.duration,
  latency_ms: { p50, p90, p99, max },
  generator_cpu_seconds,
});
