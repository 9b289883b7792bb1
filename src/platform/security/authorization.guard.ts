import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { RequestContext, type Principal } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { accessPolicyOf, parameterOf, type AccessPolicy } from './access.js';
import { permits, withinScopes } from './permissions.js';

type Restricted = Exclude<AccessPolicy, { kind: 'public' }>;

/** Decides whether the caller may do this, from the handler's declared policy. Runs after authentication. */
@Injectable()
export class AuthorizationGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const policy = accessPolicyOf(context.getHandler());
    if (!policy) throw new AppError('FORBIDDEN');
    if (policy.kind === 'public') return true;
    const principal = RequestContext.current()?.principal;
    if (!principal && policy.kind === 'optional') return true;
    if (!principal) throw new AppError('UNAUTHORIZED');
    if (this.#allows(policy, principal, context)) return true;
    throw new AppError('FORBIDDEN');
  }

  #allows(policy: Restricted, principal: Principal, context: ExecutionContext): boolean {
    if (policy.kind !== 'permission') return principal.via !== 'api_key' || policy.keys === true;
    if (permits(principal, policy.permission)) return true;
    return (
      policy.selfBy !== undefined &&
      withinScopes(principal, policy.permission) &&
      isSame(parameterOf(context, policy.selfBy), principal.id)
    );
  }
}

/** UUIDs are the same whatever their case (RFC 9562, section 4). */
const isSame = (named: unknown, id: string): boolean =>
  typeof named === 'string' && named.toLowerCase() === id.toLowerCase();
