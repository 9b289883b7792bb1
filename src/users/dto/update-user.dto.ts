import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { Uuid } from '../../platform/validation/index.js';
import {
  IsDisplayName,
  IsEmailAddress,
  IsMetadata,
  IsPictureUrl,
  MAX_EMAIL_LENGTH,
  MAX_NAME_LENGTH,
} from '../account-rules.js';

/** Unlike @IsOptional, null is no way to leave a field out. */
const MayBeAbsent = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

const NAME = { minLength: 1, maxLength: MAX_NAME_LENGTH, example: 'Ada King' };
const EMAIL = {
  format: 'email',
  maxLength: MAX_EMAIL_LENGTH,
  description: 'A change makes the address unverified.',
  example: 'ada.king@example.com',
};
const AVATAR = {
  type: String,
  format: 'uri',
  nullable: true,
  description: 'An https:// URL; null removes it.',
  example: 'https://cdn.example.com/ada.png',
};
const METADATA = {
  type: 'object' as const,
  additionalProperties: true,
  description: 'Replaced as a whole; at most 16 KiB of JSON.',
  example: { theme: 'dark' },
};

/** The fields of an account to change; absent ones stay as they are. */
export class UserChanges {
  @ApiPropertyOptional(NAME)
  @MayBeAbsent()
  @IsDisplayName()
  name?: string;

  @ApiPropertyOptional(EMAIL)
  @MayBeAbsent()
  @IsEmailAddress()
  email?: string;

  @ApiPropertyOptional(AVATAR)
  @IsOptional()
  @IsPictureUrl()
  avatar_url?: string | null;

  @ApiPropertyOptional(METADATA)
  @MayBeAbsent()
  @IsMetadata()
  metadata?: Record<string, unknown>;
}

/** Everything that may be written; what is absent is reset. */
export class ReplaceUser {
  @ApiProperty(NAME)
  @IsDisplayName()
  name: string;

  @ApiProperty(EMAIL)
  @IsEmailAddress()
  email: string;

  @ApiPropertyOptional(AVATAR)
  @IsOptional()
  @IsPictureUrl()
  avatar_url?: string | null;

  @ApiPropertyOptional(METADATA)
  @MayBeAbsent()
  @IsMetadata()
  metadata?: Record<string, unknown>;
}

/** Message of UserService.UpdateUser. */
export class UpdateUserMessage {
  @Uuid()
  @IsUUID()
  id: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => UserChanges)
  user?: UserChanges;

  /** Paths within `user`. */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  update_mask?: string[];

  @IsOptional()
  @IsInt()
  @Min(1)
  expected_version?: number;
}
