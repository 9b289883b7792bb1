import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { accessPolicyOf, authorizationOf } from './access.js';
import { PrincipalResolver } from './principal-resolver.js';

// RFC 6750 section 2.1: the scheme is matched without regard to case, the token is one b64token.
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
/** Longer than any token we issue; refused before anything is computed. */
const MAX_AUTHORIZATION_LENGTH = 4096;

/** Establishes who is calling, on REST and gRPC alike. Deny by default: a handler without a policy is refused. */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(private readonly principals: PrincipalResolver) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const policy = accessPolicyOf(context.getHandler());
    if (policy?.kind === 'public') return true;
    const authorization = authorizationOf(context);
    if (policy?.kind === 'optional' && authorization === undefined) return true;
    return this.#authenticate(authorization);
  }

  async #authenticate(authorization: string | string[] | undefined): Promise<boolean> {
    if (typeof authorization !== 'string' || authorization.length > MAX_AUTHORIZATION_LENGTH) {
      throw new AppError('UNAUTHORIZED');
    }
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) throw new AppError('UNAUTHORIZED');
    const principal = await this.principals.resolve(token);
    const current = RequestContext.current();
    if (!current) throw new Error('A guard ran outside a request context.');
    current.principal = principal;
    return true;
  }
}
