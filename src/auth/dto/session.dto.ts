import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, IsUUID, Min, ValidateNested } from 'class-validator';
import { ROLES, type Role } from '../../platform/security/index.js';
import { IsTokenHash, PasswordUpgrade } from '../../users/index.js';

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

  /** How long it may lie unused. */
  @IsInt()
  @Min(1)
  idle_lifetime_secs: number;

  /** For the password that was verified, where its hash is out of date. */
  @IsOptional()
  @ValidateNested()
  @Type(() => PasswordUpgrade)
  password_upgrade?: PasswordUpgrade;
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

/** Which session, and whose. */
export class SessionOwner {
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

  /** How long the session may lie unused from now on. */
  @IsInt()
  @Min(1)
  idle_lifetime_secs: number;

  /** For so long a token that was spent may be repeated, as long as its successor is unspent. 0: never. */
  @IsInt()
  @Min(0)
  grace_secs: number;

  /** What the successor was made from, in hex; kept until the next rotation. Absent: it cannot be made once more. */
  @IsOptional()
  @IsTokenHash()
  successor_seed?: string;

  /** Where the call came from. */
  @IsOptional()
  @IsString()
  ip?: string;
}

export const ROTATION_OUTCOMES = ['rotated', 'repeated', 'reused', 'expired', 'refused'] as const;

/** What became of a rotation; the rest is present when it succeeded. */
export class RotationResult {
  /**
   * `repeated`: spent within the grace interval, its successor is unspent; nothing was written. `reused`: the token had
   * been spent, and the session is over now. `refused`: unknown token or dead session.
   */
  @IsIn(ROTATION_OUTCOMES)
  outcome: (typeof ROTATION_OUTCOMES)[number];

  @IsOptional()
  @IsIn(ROLES)
  role?: Role;

  /** Seconds until the session's absolute end. */
  @IsOptional()
  @IsInt()
  remaining_secs?: number;

  /** When repeated: what the successor was made from, in hex. */
  @IsOptional()
  @IsTokenHash()
  successor_seed?: string;
}

/** A session was used. */
export class SessionUse {
  @IsUUID()
  session_id: string;

  /** Milliseconds before now. An age, not a time: the clocks of two machines differ. */
  @IsInt()
  @Min(0)
  ms_ago: number;
}

/** A new password, set from within a session that goes on while the others end. */
export class PasswordReplacement {
  @IsUUID()
  user_id: string;

  @IsUUID()
  session_id: string;

  /** As read together with the password that was verified. */
  @IsInt()
  access_epoch: number;

  @IsString()
  password_hash: string;
}
