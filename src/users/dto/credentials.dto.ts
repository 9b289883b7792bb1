import { IsBoolean, IsIn, IsInt, IsOptional, IsString, IsUUID } from 'class-validator';
import { ROLES, type Role } from '../../platform/security/index.js';
import { USER_STATUSES, type UserStatus } from './user.dto.js';

/** What sign-in needs to know of an account. Never leaves the service layer. */
export class Credentials {
  @IsUUID()
  user_id: string;

  @IsIn(ROLES)
  role: Role;

  @IsIn(USER_STATUSES)
  status: UserStatus;

  @IsBoolean()
  email_verified: boolean;

  @IsOptional()
  @IsString()
  password_hash: string | null;

  /** A session opened with another epoch is dead. */
  @IsInt()
  access_epoch: number;
}

/** The same password under today's parameters. */
export class PasswordUpgrade {
  /** The hash it was verified against: if the account has another by now, nothing is written. */
  @IsString()
  from: string;

  @IsString()
  to: string;
}
