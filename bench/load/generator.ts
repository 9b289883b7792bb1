/**
 * What a load generator tells the harness. Generators are processes of their own: they print
 * `measuring` when the warm-up is over and one line of JSON, a GeneratorResult, when the window has
 * closed. The harness reads the CPU clocks of the server at these two moments.
 */

/** Latencies of the operations of one window, in milliseconds. */
export interface Latencies {
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

/** What one generator counted in one window. */
export interface GeneratorResult {
  operations: number;
  /** Answers other than success, time-outs and broken connections. Not part of `operations`. */
  errors: number;
  seconds: number;
  latency_ms: Latencies;
  /** Processor time the generator itself used in the window. */
  generator_cpu_seconds: number;
}

/** The window every generator is told to keep. */
export interface Window {
  warm_up_seconds: number;
  seconds: number;
}

export const MEASURING = 'measuring';

/** The specification the harness passes as the only argument, as JSON. */
export function readSpecification<Specification>(): Specification {
  const argument = process.argv[2];
  if (argument === undefined) throw new Error('A load generator takes its specification as JSON.');
  return JSON.parse(argument) as Specification;
}

/** Tells the harness that the warm-up is over; returns the clock readings the window starts with. */
export function beginMeasuring(): () => Pick<GeneratorResult, 'seconds' | 'generator_cpu_seconds'> {
  console.log(MEASURING);
  const started = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const used = process.cpuUsage(cpu);
    return {
      seconds: (performance.now() - started) / 1000,
      generator_cpu_seconds: (used.user + used.system) / 1e6,
    };
  };
}

/** Tells the harness the result of the window. */
export function report(result: GeneratorResult): void {
  console.log(JSON.stringify(result));
}
