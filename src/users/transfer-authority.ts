import type { Principal } from '../platform/context/index.js';
import { permits, type Permission } from '../platform/security/index.js';
import type { User } from './dto/user.dto.js';

/**
 * Whoever began something that takes long, with what the account may do by now.
 * @param account as it is now; null: it is gone
 * @param began who it was, and with which credential: an API key is bound by its scopes still
 * @returns null when that is not `permission` any more
 */
export function stillPermitted(
  account: User | null,
  began: Principal,
  permission: Permission,
): Principal | null {
  if (account?.status !== 'active' && account?.status !== 'pending_verification') return null;
  const now = { ...began, roles: [account.role] };
  return permits(now, permission) ? now : null;
}
