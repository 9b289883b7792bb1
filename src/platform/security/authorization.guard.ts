import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { accessPolicyOf, parameterOf } from './access.js';
import { permits } from './permissions.js';

/** Decides whether the caller may do this, from the handler's declared policy. Runs after authentication. */
@Injectable()
export class AuthorizationGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const policy = accessPolicyOf(context.getHandler());
    if (!policy) throw new AppError('FORBIDDEN');
    if (policy.kind !== 'permission') return true;
    const principal = RequestContext.current()?.principal;
    if (!principal) throw new AppError('UNAUTHORIZED');
    if (policy.selfBy !== undefined && isSame(parameterOf(context, policy.selfBy), principal.id)) return true;
    if (permits(principal.roles, policy.permission)) return true;
    throw new AppError('FORBIDDEN');
  }
}

/** UUIDs are the same whatever their case (RFC 9562, section 4). */
const isSame = (named: unknown, id: string): boolean =>
  typeof named === 'string' && named.toLowerCase() === id.toLowerCase();
