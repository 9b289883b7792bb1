import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsDate,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  ValidateNested,
} from 'class-validator';
import { ROLES, type Role } from '../../platform/security/index.js';
import { IsMetadata } from '../account-rules.js';

export const USER_STATUSES = ['pending_verification', 'active', 'suspended', 'locked', 'deleted'] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

export const SYNC_STATUSES = ['PENDING', 'SYNCED', 'FAILED'] as const;
export type SyncStatus = (typeof SYNC_STATUSES)[number];

/** An account as others may see it: what is not listed here leaves the product nowhere. */
export class User {
  @ApiProperty({ format: 'uuid', example: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87' })
  @IsUUID()
  id: string;

  @ApiProperty({ description: 'Display name.', example: 'Ada Lovelace' })
  @IsString()
  name: string;

  @ApiProperty({ description: 'Unique without regard to case.', format: 'email', example: 'ada@example.com' })
  @IsString()
  email: string;

  @ApiProperty({
    enum: ROLES,
    enumName: 'UserRole',
    description: 'What the account may do.',
    example: 'user',
  })
  @IsIn(ROLES)
  role: Role;

  @ApiProperty({ enum: USER_STATUSES, enumName: 'UserStatus', example: 'active' })
  @IsIn(USER_STATUSES)
  status: UserStatus;

  @ApiProperty({ description: 'Whether the owner has proved control of the e-mail address.', example: true })
  @IsBoolean()
  email_verified: boolean;

  @ApiProperty({ type: String, nullable: true, format: 'uri', example: 'https://cdn.example.com/ada.png' })
  @IsOptional()
  @IsString()
  avatar_url: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Free data of the application.',
    example: { theme: 'dark' },
  })
  @IsMetadata()
  metadata: Record<string, unknown>;

  @ApiProperty({
    enum: SYNC_STATUSES,
    description: 'State of the copy kept by an outside directory.',
    example: 'SYNCED',
  })
  @IsIn(SYNC_STATUSES)
  sync_status: SyncStatus;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-01-01T12:00:00.000Z' })
  @IsOptional()
  @Type(() => Date)
  @IsDate()
  last_login_at: Date | null;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T12:00:00.000Z' })
  @Type(() => Date)
  @IsDate()
  created_at: Date;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T12:00:00.000Z' })
  @Type(() => Date)
  @IsDate()
  updated_at: Date;

  @ApiProperty({
    type: 'integer',
    description: 'Grows by one with every change; the ETag is this number in quotes.',
    example: 1,
  })
  @IsInt()
  version: number;
}

/** One page of accounts. */
export class UserPage {
  @ApiProperty({ type: [User] })
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => User)
  data: User[];

  @ApiProperty({ type: 'integer', description: 'Number of this page, from 0.', example: 0 })
  @IsInt()
  page: number;

  @ApiProperty({ type: 'integer', description: 'Accounts asked for per page.', example: 10 })
  @IsInt()
  size: number;

  @ApiProperty({ type: 'integer', description: 'Accounts that match, on all pages.', example: 1 })
  @IsInt()
  total: number;
}

/** Accounts of a list that is read by cursor. */
export class UserCursorPage {
  @ApiProperty({ type: [User] })
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => User)
  data: User[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Where the next page begins; null on the last one.',
  })
  @IsOptional()
  @IsString()
  next_cursor: string | null;
}

/** As {@link UserCursorPage}, with the way back: REST tells it in the Link header. */
export class UserSlice extends UserCursorPage {
  /** Null on the first page. */
  @IsOptional()
  @IsString()
  prev_cursor: string | null;
}
