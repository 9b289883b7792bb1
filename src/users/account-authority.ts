import { covers, currentPrincipal, type Role } from '../platform/security/index.js';
import { ACCOUNT_ABOVE_OWN, SUPER_ADMIN_PROTECTED } from './users.errors.js';

/**
 * Whoever changes an account, or has its owner mailed, may do all that the account may: it could be taken over so.
 * @param role of the account
 * @throws SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN (FORBIDDEN)
 */
export function assertCovers(role: Role): void {
  if (covers(currentPrincipal(), role)) return;
  throw (role === 'super_admin' ? SUPER_ADMIN_PROTECTED : ACCOUNT_ABOVE_OWN).error();
}
