import { IsIn, IsInt, IsOptional, IsString, IsUUID, Min } from 'class-validator';
import { ROLES, type Role } from '../../platform/security/index.js';
import { IsTokenHash } from '../../users/index.js';

/** A session to open, with its first refresh token. */
export class NewSession {
  @IsUUID()
  id: string;

  @IsUUID()
  user_id: string;

  /** As read together with the password that was verified. */
  @IsInt()
  access_epoch: number;

  @IsOptional()
  @IsString()
  device_name?: string;

  @IsOptional()
  @IsString()
  ip?: string;

  @IsOptional()
  @IsString()
  user_agent?: string;

  /** SHA-256 of the first refresh token, in hex. */
  @IsTokenHash()
  token_hash: string;

  /** Lifetime of that token. */
  @IsInt()
  @Min(1)
  refresh_lifetime_secs: number;

  /** Lifetime of the session, however often it is refreshed. */
  @IsInt()
  @Min(1)
  absolute_lifetime_secs: number;
}

/** A session that is alive at this moment, and whose it is. */
export class LiveSession {
  @IsUUID()
  session_id: string;

  @IsUUID()
  user_id: string;

  @IsIn(ROLES)
  role: Role;

  /** Another one whenever anything of the account was written; see `Principal.revision`. */
  @IsString()
  revision: string;

  /** Milliseconds until the first of its ends, where that is within a minute; else a minute. */
  @IsInt()
  remaining_ms: number;
}

/** Which session a refresh token, spent or not, belongs to. */
export class SessionOfToken {
  @IsUUID()
  session_id: string;

  @IsUUID()
  user_id: string;
}

/** One refresh token for the next. */
export class Rotation {
  @IsTokenHash()
  token_hash: string;

  @IsTokenHash()
  next_token_hash: string;

  @IsInt()
  @Min(1)
  refresh_lifetime_secs: number;
}

export const ROTATION_OUTCOMES = ['rotated', 'reused', 'expired', 'refused'] as const;

/** What became of a rotation; the rest is present when it succeeded. */
export class RotationResult {
  /** `reused`: the token had been spent, and the session is over now. `refused`: unknown token or dead session. */
  @IsIn(ROTATION_OUTCOMES)
  outcome: (typeof ROTATION_OUTCOMES)[number];

  @IsOptional()
  @IsIn(ROLES)
  role?: Role;

  /** Seconds until the session's absolute end. */
  @IsOptional()
  @IsInt()
  remaining_secs?: number;
}
