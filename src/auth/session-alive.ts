/**
 * When a session `s` of an account `u` is alive, in SQL.
 *
 * Why `users` is read in the statements of this feature, across the border: whether a session lives depends on both
 * tables, and two questions would not see one moment.
 */
export const MAY_SIGN_IN = `u.status IN ('active', 'pending_verification')`;

/** When it ends if it is not used until then. */
export const IDLE_END = `s.last_used_at + s.idle_lifetime_secs * interval '1 second'`;

export const ALIVE = `s.revoked_at IS NULL AND s.absolute_expires_at > now() AND ${IDLE_END} > now()
  AND s.access_epoch = u.access_epoch AND ${MAY_SIGN_IN}`;
