import { jest } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { ArcanaConfig } from '../config/index.js';
import { RequestContext } from '../context/index.js';
import { MemoryRateLimiter } from './memory.rate-limiter.js';
import { RateLimit, SkipRateLimit } from './rate-limit.decorators.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { RateLimiter, type RateLimitDecision } from './rate-limiter.js';

class OpenController {
  list(): void {}
  @RateLimit('auth')
  login(): void {}
  @SkipRateLimit()
  probe(): void {}
}

@SkipRateLimit()
class ProbeController {
  live(): void {}
  @RateLimit('auth')
  login(): void {}
}

type Controller = typeof OpenController | typeof ProbeController;
interface Call {
  on?: Controller;
  method?: string;
  ip?: string;
  authorization?: string;
  grpc?: boolean;
}

/** What the limiter of another process would be: it answers later. */
class LaterLimiter extends RateLimiter {
  readonly #inner = new MemoryRateLimiter();

  async consume(...args: Parameters<RateLimiter['consume']>): Promise<RateLimitDecision> {
    return this.#inner.consume(...args);
  }
}

function guardWith(
  limiter: RateLimiter = new MemoryRateLimiter(),
  settings: Partial<ArcanaConfig['rate_limit']> = {},
) {
  const config = new ArcanaConfig();
  Object.assign(config.rate_limit, { burst: 3, auth_burst: 1, authenticated_burst: 5 }, settings);
  const guard = new RateLimitGuard(limiter, config);
  const call = ({
    on = OpenController,
    method = 'list',
    ip = '203.0.113.7',
    authorization,
    grpc = false,
  }: Call = {}) => {
    const header = jest.fn();
    const context = {
      getType: () => (grpc ? 'rpc' : 'http'),
      getClass: () => on,
      getHandler: () => (on.prototype as unknown as Record<string, object>)[method],
      switchToHttp: () => ({
        getRequest: () => ({ headers: authorization === undefined ? {} : { authorization } }),
        getResponse: () => ({ header }),
      }),
      switchToRpc: () => ({
        getContext: () => ({ get: () => (authorization === undefined ? [] : [authorization]) }),
      }),
    } as unknown as ExecutionContext;
    const request = new RequestContext({ requestId: 'r', protocol: grpc ? 'grpc' : 'http', ip });
    return { header, run: () => RequestContext.run(request, () => guard.canActivate(context)) };
  };
  return call;
}

describe('RateLimitGuard', () => {
  it('lets a burst through and then refuses, with the time to wait', () => {
    const call = guardWith();
    for (let n = 0; n < 3; n++) expect(call().run()).toBe(true);
    expect(call().run).toThrow(expect.objectContaining({ code: 'TOO_MANY_REQUESTS', retryAfterSeconds: 1 }));
  });

  it('answers without a promise where the count is local', () => {
    expect(guardWith()().run()).toBe(true);
  });

  it('refuses as well where the count is elsewhere', async () => {
    const call = guardWith(new LaterLimiter(), { burst: 1 });
    await expect(call().run()).resolves.toBe(true);
    await expect(call().run()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  });

  it('says on REST what the limit is and what is left, refused or not', () => {
    const call = guardWith(undefined, { burst: 1 });
    const allowed = call();
    expect(allowed.run()).toBe(true);
    expect(allowed.header.mock.calls).toEqual([
      ['RateLimit-Policy', '"default";q=300;w=60'],
      ['RateLimit', '"default";r=0;t=1'],
    ]);
    const refused = call();
    expect(refused.run).toThrow();
    expect(refused.header).toHaveBeenCalledWith('RateLimit', '"default";r=0;t=1');
  });

  it('counts gRPC calls and REST requests of one address together', () => {
    const call = guardWith();
    for (let n = 0; n < 3; n++) expect(call({ grpc: n % 2 === 0 }).run()).toBe(true);
    expect(call({ grpc: true }).run).toThrow(expect.objectContaining({ code: 'TOO_MANY_REQUESTS' }));
    expect(call({ grpc: false }).run).toThrow(expect.objectContaining({ code: 'TOO_MANY_REQUESTS' }));
  });

  it('counts each address for itself, and the addresses of one IPv6 /64 together', () => {
    const call = guardWith();
    for (let n = 0; n < 3; n++) expect(call({ ip: `2001:db8:1:2::${n}` }).run()).toBe(true);
    expect(call({ ip: '2001:db8:1:2::99' }).run).toThrow();
    expect(call({ ip: '2001:db8:1:3::1' }).run()).toBe(true);
  });

  it('gives callers with a credential the limit of signed-in callers', () => {
    const call = guardWith();
    const authorization = 'Bearer whatever';
    for (let n = 0; n < 5; n++) expect(call({ authorization, grpc: n % 2 === 0 }).run()).toBe(true);
    expect(call({ authorization }).run).toThrow();
    expect(call().run()).toBe(true);
  });

  it('is stricter where a handler says auth, with a credential too', () => {
    const call = guardWith();
    expect(call({ method: 'login' }).run()).toBe(true);
    expect(call({ method: 'login' }).run).toThrow();
    expect(call({ method: 'login', authorization: 'Bearer x' }).run).toThrow();
    expect(call().run()).toBe(true);
  });

  it('does not count what a handler or its class skips; the handler has the last word', () => {
    const call = guardWith(undefined, { burst: 1 });
    for (let n = 0; n < 10; n++) {
      const probe = call({ method: 'probe' });
      expect(probe.run()).toBe(true);
      expect(probe.header).not.toHaveBeenCalled();
      expect(call({ on: ProbeController, method: 'live' }).run()).toBe(true);
    }
    expect(call({ on: ProbeController, method: 'login' }).run()).toBe(true);
    expect(call({ on: ProbeController, method: 'login' }).run).toThrow();
  });

  it('counts nothing when limits are switched off', () => {
    const call = guardWith(undefined, { burst: 1, enabled: false });
    for (let n = 0; n < 10; n++) expect(call().run()).toBe(true);
  });
});
