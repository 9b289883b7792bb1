import type { Metric, Registry } from 'prom-client';

/** Seconds; from a cached answer to the request time-out. */
export const BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

interface Series {
  readonly labels: Record<string, string>;
  /** How many fell in each bucket alone; the last is beyond the last bound. */
  readonly counts: number[];
  sum: number;
}

type Node = Map<string, Node | Series>;

interface Value {
  metricName?: string;
  labels: Record<string, string | number>;
  value: number;
}

/**
 * How often something happened and how long it took, as a counter and a histogram of one registry.
 *
 * prom-client's own spend, for each value, a property lookup by a floating-point name and a hash of the labels: at the
 * rate of a server a twentieth of a small request. Here both are one addition, and the text is made when it is scraped.
 */
export class Durations<Label extends string> {
  readonly #series: Series[] = [];
  /** By the value of each label in turn: joining them would cost more than the rest. */
  readonly #root: Node = new Map();

  /**
   * @param labelNames in the order in which {@link observe} takes their values
   * @param counter name and help of the counter
   * @param histogram name and help of the histogram, in seconds
   */
  constructor(
    registry: Registry,
    private readonly labelNames: readonly Label[],
    counter: { name: string; help: string },
    histogram: { name: string; help: string },
  ) {
    register(registry, 'counter', counter, () => this.#counts());
    register(registry, 'histogram', histogram, () => this.#buckets(histogram.name));
  }

  /** @param values of the labels; there must be few combinations: each is kept for ever */
  observe(seconds: number, ...values: string[]): void {
    const series = this.#find(values);
    series.sum += seconds;
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > BUCKETS[bucket]!) bucket++;
    series.counts[bucket]!++;
  }

  #find(values: string[]): Series {
    let at: Node | Series | undefined = this.#root;
    for (const value of values) at = (at as Node | undefined)?.get(value);
    return (at as Series | undefined) ?? this.#open(values);
  }

  #open(values: string[]): Series {
    const labels = Object.fromEntries(this.labelNames.map((name, index) => [name, values[index]!]));
    const series: Series = { labels, counts: Array.from({ length: BUCKETS.length + 1 }, () => 0), sum: 0 };
    let node = this.#root;
    for (const value of values.slice(0, -1)) {
      const next = (node.get(value) as Node | undefined) ?? new Map<string, Node | Series>();
      node.set(value, next);
      node = next;
    }
    node.set(values.at(-1)!, series);
    this.#series.push(series);
    return series;
  }

  #counts(): Value[] {
    return this.#series.map(({ labels, counts }) => ({ labels, value: total(counts) }));
  }

  #buckets(name: string): Value[] {
    return this.#series.flatMap(({ labels, counts, sum }) => {
      let below = 0;
      const buckets = counts.map((count, index) => {
        below += count;
        return {
          metricName: `${name}_bucket`,
          labels: { le: BUCKETS[index] ?? '+Inf', ...labels },
          value: below,
        };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: below },
      ];
    });
  }
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** A metric of ours among those of prom-client, which asks nothing of one but this. */
function register(
  registry: Registry,
  type: 'counter' | 'histogram',
  description: { name: string; help: string },
  values: () => Value[],
): void {
  const metric = {
    ...description,
    get: () => Promise.resolve({ ...description, type, aggregator: 'sum', values: values() }),
    reset: () => undefined,
  };
  registry.registerMetric(metric as unknown as Metric);
}
