/** The part of autocannon that load/http.ts uses; the package ships no types. */
declare module 'autocannon' {
  interface Options {
    url: string;
    method: string;
    headers: Record<string, string>;
    body?: string;
    /** What differs from one request to the next; each connection sends them in turn. */
    requests?: { headers: Record<string, string> }[];
    connections: number;
    pipelining: number;
    duration: number;
  }

  interface Result {
    /** Seconds. */
    duration: number;
    errors: number;
    timeouts: number;
    non2xx: number;
    '2xx': number;
    /** Milliseconds. */
    latency: { p50: number; p90: number; p99: number; max: number };
  }

  export default function autocannon(options: Options): Promise<Result>;
}
