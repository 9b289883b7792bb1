import { IsArray, IsBoolean, IsIn, IsString, IsUUID } from 'class-validator';
import { ROLES, type Role } from '../../platform/security/index.js';
import { IsTokenHash } from '../../users/index.js';

/** A key whose owner may sign in at this moment, and what it takes to judge a call with it. */
export class LiveApiKey {
  @IsUUID()
  id: string;

  @IsUUID()
  user_id: string;

  /** The owner's role now. */
  @IsIn(ROLES)
  role: Role;

  @IsTokenHash()
  secret_hash: string;

  @IsArray()
  @IsString({ each: true })
  scopes: string[];

  @IsBoolean()
  has_expired: boolean;

  /** Whether the last use that is noted lies so far back that this one should be. */
  @IsBoolean()
  is_use_due: boolean;
}
