import type { RotationResult } from './dto/session.dto.js';
import { ALIVE } from './session-alive.js';

/** How things stand with a refresh token and its session. */
export interface TokenState {
  session_id: string;
  spent: boolean;
  /** Null unless its successor may be made once more. */
  successor_seed: string | null;
  expired: boolean;
  alive: boolean;
  role: RotationResult['role'];
  remaining_secs: number;
}

/** Parameters: the token's hash in hex, and the seconds of the grace interval. */
export const TOKEN_STATE = `SELECT t.session_id, t.spent_at IS NOT NULL AS spent, t.expires_at <= now() AS expired, (${ALIVE}) AS alive, u.role,
   greatest(1, floor(extract(epoch FROM s.absolute_expires_at - now())))::integer AS remaining_secs,
   CASE WHEN $2::integer > 0 AND s.spent_token_hash = t.token_hash
     AND t.spent_at > now() - $2 * interval '1 second' THEN encode(s.successor_seed, 'hex') END AS successor_seed
 FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
 WHERE t.token_hash = decode($1, 'hex')`;
