import { RequestContext, type Principal } from '../context/index.js';
import { AppError } from '../errors/index.js';

/** The caller, in a service or wherever no decorator reaches. @throws UNAUTHORIZED when nobody is signed in. */
export function currentPrincipal(): Principal {
  const principal = RequestContext.current()?.principal;
  if (!principal) throw new AppError('UNAUTHORIZED');
  return principal;
}
