import autocannon from 'autocannon';
import { beginMeasuring, readSpecification, report, type Window } from './generator.ts';

/** One HTTP request, sent over and over on keep-alive connections by autocannon. */
export interface HttpLoad extends Window {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
  connections: number;
}

const { warm_up_seconds, seconds, ...request } = readSpecification<HttpLoad>();
// Without pipelining: browsers and gateways do not pipeline, so neither does the load.
const fire = (duration: number): ReturnType<typeof autocannon> =>
  autocannon({ ...request, pipelining: 1, duration });

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
