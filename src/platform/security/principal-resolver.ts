import type { Principal } from '../context/index.js';

/**
 * Port: turns a bearer credential into the caller. The feature that owns accounts answers for it; guards know nothing
 * else about tokens.
 */
export abstract class PrincipalResolver {
  /**
   * @param credential what followed `Bearer `, at most 4 KiB
   * @throws UNAUTHORIZED when it is not valid or was revoked, TOKEN_EXPIRED when its time is over,
   *   SERVICE_UNAVAILABLE when that cannot be told now: access is never granted for lack of an answer
   */
  abstract resolve(credential: string): Promise<Principal>;

  /**
   * The caller of work that takes long, as of now: the session or key may have ended since the work began, or the account
   * may do something else. That an access token's own time is over ends nothing: its session goes on.
   * @throws UNAUTHORIZED, TOKEN_EXPIRED for a key, SERVICE_UNAVAILABLE
   */
  abstract renew(caller: Principal): Promise<Principal>;
}
