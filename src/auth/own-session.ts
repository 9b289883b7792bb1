import { AppError } from '../platform/errors/index.js';
import { currentPrincipal } from '../platform/security/index.js';
import type { SessionOwner } from './dto/session.dto.js';

/**
 * The session that the caller's credential belongs to. What concerns sessions and passwords is for the people they
 * belong to: a credential without a session, given to a service, opens none of it.
 * @throws UNAUTHORIZED when nobody is signed in; FORBIDDEN for a credential without a session
 */
export function ownSession(): SessionOwner {
  const { id, sid } = currentPrincipal();
  if (sid === undefined) throw new AppError('FORBIDDEN');
  return { session_id: sid, user_id: id };
}
