import { Injectable, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { clientKey } from '../client-address/index.js';
import { ArcanaConfig } from '../config/index.js';
import { RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { declaredRateLimit } from './rate-limit.decorators.js';
import { RateLimiter, type RateLimitDecision, type RateLimitPolicy } from './rate-limiter.js';

const WINDOW_SECONDS = 60;

interface Reply {
  header(name: string, value: string): unknown;
}

interface CallMetadata {
  get(key: string): unknown[];
}

/** How the calls of one handler are counted. */
interface Rule {
  readonly anonymous: Counted;
  /** Calls that carry a credential, valid or not: who is behind it is not known before authentication. */
  readonly withCredential: Counted;
}

interface Counted {
  readonly policy: RateLimitPolicy;
  /** `RateLimit-Policy` of the answer. */
  readonly header: string;
}

function counted(name: string, limit: number, burst: number): Counted {
  return {
    policy: { name, limit, windowSeconds: WINDOW_SECONDS, burst },
    header: `"${name}";q=${limit};w=${WINDOW_SECONDS}`,
  };
}

/**
 * Limits how often one address may call, on REST and gRPC alike. It stands before authentication, so that a flood of
 * worthless credentials costs nothing but counting.
 *
 * REST answers carry `RateLimit` and `RateLimit-Policy`, refused ones included.
 * Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  readonly #enabled: boolean;
  readonly #general: Rule;
  readonly #auth: Rule;
  /** Reading metadata at every call would cost more than counting. */
  readonly #rules = new WeakMap<Type, WeakMap<object, Rule | 'skip'>>();

  constructor(
    private readonly limiter: RateLimiter,
    config: ArcanaConfig,
  ) {
    const settings = config.rate_limit;
    this.#enabled = settings.enabled;
    this.#general = {
      anonymous: counted('default', settings.requests_per_minute, settings.burst),
      withCredential: counted(
        'authenticated',
        settings.authenticated_requests_per_minute,
        settings.authenticated_burst,
      ),
    };
    const auth = counted('auth', settings.auth_requests_per_minute, settings.auth_burst);
    this.#auth = { anonymous: auth, withCredential: auth };
  }

  /** @throws TOO_MANY_REQUESTS */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (!this.#enabled) return true;
    const rule = this.#ruleOf(context);
    if (rule === 'skip') return true;
    const isHttp = context.getType() === 'http';
    const { policy, header } = hasCredential(context, isHttp) ? rule.withCredential : rule.anonymous;
    const reply = isHttp ? context.switchToHttp().getResponse<Reply>() : undefined;
    const decision = this.limiter.consume(clientKey(RequestContext.current()?.ip), policy);
    return decision instanceof Promise
      ? decision.then((settled) => settle(settled, policy, header, reply))
      : settle(decision, policy, header, reply);
  }

  #ruleOf(context: ExecutionContext): Rule | 'skip' {
    const controller = context.getClass();
    const handler = context.getHandler();
    let rules = this.#rules.get(controller);
    if (!rules) this.#rules.set(controller, (rules = new WeakMap()));
    let rule = rules.get(handler);
    if (!rule) {
      const declared = declaredRateLimit(handler, controller);
      rule = declared === 'skip' ? 'skip' : declared === 'auth' ? this.#auth : this.#general;
      rules.set(handler, rule);
    }
    return rule;
  }
}

function hasCredential(context: ExecutionContext, isHttp: boolean): boolean {
  if (!isHttp) return context.switchToRpc().getContext<CallMetadata>().get('authorization').length > 0;
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, unknown> }>();
  return headers['authorization'] !== undefined;
}

function settle(
  decision: RateLimitDecision,
  policy: RateLimitPolicy,
  header: string,
  reply: Reply | undefined,
): true {
  if (reply) {
    reply.header('RateLimit-Policy', header);
    reply.header('RateLimit', `"${policy.name}";r=${decision.remaining};t=${decision.resetSeconds}`);
  }
  if (decision.allowed) return true;
  throw new AppError('TOO_MANY_REQUESTS', { retryAfterSeconds: decision.retryAfterSeconds });
}
