import type { SecuritySettings } from '../platform/config/index.js';

/**
 * What a session is given when it is opened and at every refresh, in seconds. Unused for longer than the tokens of its
 * last refresh live, nobody can use it any more: it is over then at the latest, and not shown as if it were alive.
 */
export function sessionLifetimes(security: SecuritySettings): {
  refresh_lifetime_secs: number;
  idle_lifetime_secs: number;
} {
  const { jwt_refresh_expiration_secs, jwt_access_expiration_secs, session_idle_expiration_secs } = security;
  return {
    refresh_lifetime_secs: jwt_refresh_expiration_secs,
    idle_lifetime_secs: Math.min(
      session_idle_expiration_secs,
      Math.max(jwt_refresh_expiration_secs, jwt_access_expiration_secs),
    ),
  };
}
