import type { Round } from './scenario.ts';
import { busyElsewhere, compare, judge, median, orderOfRound, summarize } from './statistics.ts';

const made = (round: number, contestant: string, per_second: number, errors = 0): Round => ({
  round,
  position: 1,
  contestant,
  measurement: {
    operations: per_second * 2,
    errors,
    seconds: 2,
    per_second,
    latency_ms: { p50: 1, p90: 2, p99: 3, max: 4 },
    generator_cpu_seconds: 1,
    server_cpu_seconds: 1,
    elsewhere_cpu_seconds: 0,
  },
});

describe('statistics of rounds', () => {
  const rounds = [
    made(1, 'ours', 80),
    made(1, 'bare', 100),
    made(2, 'bare', 200),
    made(2, 'ours', 90),
    made(3, 'ours', 300),
    made(3, 'bare', 100),
  ];

  it('take the middle value, or the mean of the two middle ones', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 3])).toBe(4);
    expect(() => median([])).toThrow('median of nothing');
  });

  it('let every side begin equally often', () => {
    expect([0, 1, 2, 3].map((round) => orderOfRound(['a', 'b', 'c'], round).join(''))).toEqual([
      'abc',
      'bca',
      'cab',
      'abc',
    ]);
  });

  it('compare medians and each round, lost ones included', () => {
    expect(compare('ours', 'bare', rounds)).toEqual({
      contestant: 'ours',
      against: 'bare',
      ratio_of_medians: 0.9,
      ratio_per_round: [0.8, 0.45, 3],
    });
  });

  it('give the processor time of the server per operation', () => {
    expect(summarize('bare', rounds)).toMatchObject({ per_second: 100, server_cpu_us_per_operation: 5000 });
  });

  it('tell how busy the machine was by the bare sides alone', () => {
    const round = made(1, 'bare library', 100);
    const busy = { ...round, measurement: { ...round.measurement, elsewhere_cpu_seconds: 1 } };
    const database = { ...busy, contestant: 'product' };
    expect(busyElsewhere([busy, database, database], 2)).toBe(0.25);
  });

  it('say whether a criterion is reached', () => {
    const criterion = { contestant: 'ours', against: 'bare' };
    expect(judge({ ...criterion, at_least: 0.9 }, rounds)).toMatchObject({ ratio: 0.9, reached: true });
    expect(judge({ ...criterion, at_least: 0.91 }, rounds).reached).toBe(false);
  });

  it('let no side reach anything by answering with errors', () => {
    const failing = rounds.map((round) =>
      round.contestant === 'ours' ? made(round.round, 'ours', round.measurement.per_second, 1) : round,
    );
    expect(judge({ contestant: 'ours', against: 'bare', at_least: 0.1 }, failing).reached).toBe(false);
  });
});
