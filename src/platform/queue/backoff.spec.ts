import { backoffDelay } from './backoff.js';
import type { RetryPolicy } from './job-definition.js';

const policy = (strategy: RetryPolicy['strategy'], jitter = 0): RetryPolicy => ({
  strategy,
  attempts: 9,
  delayMs: 100,
  maxDelayMs: 500,
  jitter,
});

describe('backoffDelay', () => {
  it.each([
    ['fixed', [100, 100, 100, 100]],
    ['linear', [100, 200, 300, 400]],
    ['exponential', [100, 200, 400, 500]],
  ] as const)('grows %s up to the cap', (strategy, expected) => {
    expect([1, 2, 3, 4].map((failures) => backoffDelay(policy(strategy), failures))).toEqual(expected);
  });

  it('draws the share that jitter names', () => {
    expect(backoffDelay(policy('fixed', 0.5), 1, 0)).toBe(100);
    expect(backoffDelay(policy('fixed', 0.5), 1, 0.999)).toBe(50);
  });

  it('stays a number after very many failures', () => {
    expect(backoffDelay(policy('exponential'), 5_000)).toBe(500);
  });
});
