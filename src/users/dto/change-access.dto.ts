import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsUUID, Min } from 'class-validator';
import { Uuid } from '../../platform/validation/index.js';
import { ROLES, type Role } from '../../platform/security/index.js';
import { IsDisplayName } from '../account-rules.js';
import type { UserStatus } from './user.dto.js';

/** The statuses that an administrator sets; the others come about by verification and by deletion. */
export const SETTABLE_STATUSES = ['active', 'suspended', 'locked'] as const satisfies readonly UserStatus[];
export type SettableStatus = (typeof SETTABLE_STATUSES)[number];

const MAX_REASON_LENGTH = 200;

/** What an account may do from now on. */
export class RoleChange {
  @ApiProperty({
    enum: ROLES,
    enumName: 'UserRole',
    description: "At most the caller's own role.",
    example: 'moderator',
  })
  @IsIn(ROLES)
  role: Role;
}

/** Where an account stands from now on. */
export class StatusChange {
  @ApiProperty({ enum: SETTABLE_STATUSES, example: 'suspended' })
  @IsIn(SETTABLE_STATUSES)
  status: SettableStatus;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: MAX_REASON_LENGTH,
    description: 'Why, for the audit log.',
    example: 'Invoices unpaid since March.',
  })
  @IsOptional()
  @IsDisplayName(MAX_REASON_LENGTH)
  reason?: string | null;
}

/** Message of UserService.UpdateUserRole. */
export class UpdateUserRoleMessage extends RoleChange {
  @Uuid()
  @IsUUID()
  id: string;

  @IsOptional()
  @IsInt()
  @Min(1)
  expected_version?: number;
}

/** Message of UserService.UpdateUserStatus. */
export class UpdateUserStatusMessage extends StatusChange {
  @Uuid()
  @IsUUID()
  id: string;

  @IsOptional()
  @IsInt()
  @Min(1)
  expected_version?: number;
}
