import { Registry } from 'prom-client';
import { Durations } from './durations.js';

const names = [
  { name: 'calls_total', help: 'Calls.' },
  { name: 'call_seconds', help: 'Their time.' },
] as const;

describe('durations', () => {
  it('are a counter and a histogram with cumulative buckets', async () => {
    const registry = new Registry();
    const durations = new Durations(registry, ['method', 'status'], ...names);
    for (const seconds of [0.001, 0.002, 0.7, 99]) durations.observe(seconds, 'GET', '200');
    durations.observe(0.5, 'POST', '500');
    const text = await registry.metrics();
    expect(text).toContain('# TYPE calls_total counter\ncalls_total{method="GET",status="200"} 4\n');
    expect(text).toContain('calls_total{method="POST",status="500"} 1\n');
    expect(text).toContain('# TYPE call_seconds histogram\n');
    const of = (bound: string) =>
      new RegExp(`^call_seconds_bucket\\{le="${bound}",method="GET",status="200"\\} (\\d+)$`, 'm').exec(
        text,
      )?.[1];
    expect([of('0.001'), of('0.0025'), of('0.5'), of('1'), of('30'), of('\\+Inf')]).toEqual([
      '1',
      '2',
      '2',
      '3',
      '3',
      '4',
    ]);
    expect(text).toContain('call_seconds_count{method="GET",status="200"} 4');
    expect(text).toMatch(/call_seconds_sum\{method="GET",status="200"\} 99\.70/);
  });

  it('have no series before something happened', async () => {
    const registry = new Registry();
    new Durations(registry, ['method', 'status'], ...names);
    expect(await registry.metrics()).not.toContain('calls_total{');
  });
});
