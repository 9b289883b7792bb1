import { SetMetadata } from '@nestjs/common';

const RATE_LIMIT = 'arcana:rate-limit';

/** `auth`: the strict one, for sign-in, registration and whatever else a stranger could use to guess. */
export type RateLimitPolicyName = 'auth';

/** Counts a route or rpc (or all of a controller) under a policy of its own instead of the general one. */
export const RateLimit = (policy: RateLimitPolicyName): MethodDecorator & ClassDecorator =>
  SetMetadata(RATE_LIMIT, policy);

/** Does not count a route or rpc (or all of a controller) at all: probes, which come often and from few addresses. */
export const SkipRateLimit = (): MethodDecorator & ClassDecorator => SetMetadata(RATE_LIMIT, 'skip');

/** What a handler, or else its class, declares. */
export const declaredRateLimit = (
  handler: object,
  controller: object,
): RateLimitPolicyName | 'skip' | undefined =>
  (Reflect.getMetadata(RATE_LIMIT, handler) ?? Reflect.getMetadata(RATE_LIMIT, controller)) as
    RateLimitPolicyName | 'skip' | undefined;
