import type { RetryPolicy } from './job-definition.js';

/**
 * Milliseconds to wait after the given number of failed attempts.
 * @param failures attempts that failed so far, at least 1
 * @param random a number from 0 to below 1
 */
export function backoffDelay(policy: RetryPolicy, failures: number, random: number = Math.random()): number {
  const full = Math.min(policy.maxDelayMs, growth(policy.strategy, failures) * policy.delayMs);
  return Math.round(full * (1 - policy.jitter * random));
}

function growth(strategy: RetryPolicy['strategy'], failures: number): number {
  if (strategy === 'fixed') return 1;
  return strategy === 'linear' ? failures : 2 ** (failures - 1);
}
