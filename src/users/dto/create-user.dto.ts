import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsString, IsUUID } from 'class-validator';
import { ROLES, type Role } from '../../platform/security/index.js';
import { IsDisplayName, IsEmailAddress, MAX_EMAIL_LENGTH, MAX_NAME_LENGTH } from '../account-rules.js';
import { USER_STATUSES, type UserStatus } from './user.dto.js';

/** An account made by an administrator. It has no password: its owner is sent a mail to set one. */
export class CreateUser {
  @ApiProperty({ minLength: 1, maxLength: MAX_NAME_LENGTH, example: 'Grace Hopper' })
  @IsDisplayName()
  name: string;

  @ApiProperty({ format: 'email', maxLength: MAX_EMAIL_LENGTH, example: 'grace@example.com' })
  @IsEmailAddress()
  email: string;

  @ApiPropertyOptional({
    enum: ROLES,
    enumName: 'UserRole',
    default: 'user',
    description: "At most the caller's own role.",
  })
  @IsOptional()
  @IsIn(ROLES)
  role?: Role;
}

/** An account to store. */
export class NewUser {
  @IsUUID()
  id: string;

  @IsDisplayName()
  name: string;

  @IsEmailAddress()
  email: string;

  @IsIn(ROLES)
  role: Role;

  @IsIn(USER_STATUSES)
  status: UserStatus;

  @IsBoolean()
  email_verified: boolean;

  /** Null: nobody can sign in until a password is set. */
  @IsOptional()
  @IsString()
  password_hash: string | null;
}
