/**
 * Resilience: what keeps one caller, or one failing dependency, from taking the others down. Here: rate limits, one
 * port for REST and gRPC, and limits on what may fail; both exact over all processes where Redis is present.
 */
export { AttemptLimiter, isOpen } from './attempt-limiter.js';
export type { AttemptBudget, AttemptOutcome, BudgetDecision } from './attempt-limiter.js';
export { CircuitBreakers } from './circuit-breakers.js';
export type { BreakerOptions } from './circuit-breakers.js';
export { MemoryAttemptLimiter } from './memory.attempt-limiter.js';
export { RateLimiter } from './rate-limiter.js';
export type { RateLimitDecision, RateLimitPolicy } from './rate-limiter.js';
export { declaredRateLimit, RateLimit, SkipRateLimit } from './rate-limit.decorators.js';
export type { RateLimitPolicyName } from './rate-limit.decorators.js';
export { RateLimitGuard } from './rate-limit.guard.js';
export { ResilienceModule } from './resilience.module.js';
