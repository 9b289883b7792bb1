import { expect, test } from '@jest/globals';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import { type RateLimiter } from '../platform/resilience/index.js';
import { MailBudget } from './mail-budget.js';

const decision = (allowed: boolean) => ({
  allowed,
  limit: 5,
  remaining: 0,
  resetSeconds: 1,
  retryAfterSeconds: 1,
});

test('counts by the address as it is compared, and keeps it from where counters are', async () => {
  const limiter = strictMock<RateLimiter>('RateLimiter', { consume: () => decision(true) });
  const budget = new MailBudget(limiter, new ArcanaConfig());
  expect(await budget.allows('password_reset', 'Ada@Example.com')).toBe(true);
  expect(await budget.allows('password_reset', 'ada@example.com')).toBe(true);
  const [[one, policy], [other]] = limiter.consume.mock.calls as [[string, object], [string, object]];
  expect(one).toBe(other);
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(policy).toEqual({ name: 'mail.password_reset', limit: 5, windowSeconds: 1800 });
});

test('is used up at some point, unless limits are switched off', async () => {
  const limiter = strictMock<RateLimiter>('RateLimiter', { consume: async () => decision(false) });
  const config = new ArcanaConfig();
  expect(await new MailBudget(limiter, config).allows('registration_attempt', 'a@b.example')).toBe(false);
  config.rate_limit.enabled = false;
  expect(await new MailBudget(limiter, config).allows('registration_attempt', 'a@b.example')).toBe(true);
});
