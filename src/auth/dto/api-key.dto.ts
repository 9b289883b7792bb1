import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsDate,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { ALL_PERMISSIONS, type Permission } from '../../platform/security/index.js';
import { Digits, Rfc3339 } from '../../platform/validation/index.js';
import { IsDisplayName } from '../../users/index.js';

const MAX_KEY_NAME_LENGTH = 100;
const MAX_DAYS = 3650;
/** Keys on one page. */
export const MAX_SIZE = 100;
/** Pages that may be asked for: more keys than on them nobody may have. */
const MAX_PAGE = 100;
const TIME = { type: String, format: 'date-time' } as const;
const SCOPES = {
  enum: ALL_PERMISSIONS,
  enumName: 'Permission',
  isArray: true,
  example: ['users:read'] as string[],
} as const;

/** A key asked for by its owner to be. */
export class CreateApiKey {
  @ApiProperty({
    minLength: 1,
    maxLength: MAX_KEY_NAME_LENGTH,
    description: 'What the key is for.',
    example: 'Nightly import',
  })
  @IsDisplayName(MAX_KEY_NAME_LENGTH)
  name: string;

  @ApiProperty({
    ...SCOPES,
    description:
      "Permissions of the key, each of which the caller's own role must carry. With none it can tell who it is and nothing else.",
  })
  @IsArray()
  @ArrayMaxSize(ALL_PERMISSIONS.length)
  @ArrayUnique()
  @IsIn(ALL_PERMISSIONS, { each: true })
  scopes: Permission[];

  @ApiPropertyOptional({
    ...TIME,
    description: 'When it ends. Without this and `expires_in_days`: as late as the configuration allows.',
  })
  @IsOptional()
  @Rfc3339()
  expires_at?: Date;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_DAYS,
    description: 'The same in days from now; at most one of the two may be given.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_DAYS)
  expires_in_days?: number;
}

/** A key to store. */
export class NewApiKey {
  @IsUUID()
  id: string;

  @IsUUID()
  user_id: string;

  @IsString()
  name: string;

  @IsString()
  prefix: string;

  /** SHA-256 of the secret, in hex. */
  @IsString()
  secret_hash: string;

  @IsArray()
  @IsString({ each: true })
  scopes: string[];

  /** Null: never. */
  @IsOptional()
  @Type(() => Date)
  @IsDate()
  expires_at: Date | null;

  /** Keys that the account may have, this one included. */
  @IsInt()
  max_keys: number;
}

/** A key as its owner sees it. */
export class ApiKey {
  @ApiProperty({ format: 'uuid', example: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87' })
  @IsUUID()
  id: string;

  @ApiProperty({ example: 'Nightly import' })
  @IsString()
  name: string;

  @ApiProperty({
    description: 'How the key begins, to find it again where it is in use.',
    example: 'ak_01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87_n2t9',
  })
  @IsString()
  prefix: string;

  @ApiProperty({
    ...SCOPES,
    description:
      'As given at its making. What the role of its owner does not carry now, the key may not now.',
  })
  @IsArray()
  @IsString({ each: true })
  scopes: string[];

  @ApiProperty(TIME)
  @Type(() => Date)
  @IsDate()
  created_at: Date;

  @ApiProperty({ ...TIME, nullable: true, description: 'When it ends; null: never.' })
  @IsOptional()
  @Type(() => Date)
  @IsDate()
  expires_at: Date | null;

  @ApiProperty({ ...TIME, nullable: true, description: 'Exact to a minute; null: not used yet.' })
  @IsOptional()
  @Type(() => Date)
  @IsDate()
  last_used_at: Date | null;
}

/** A key that was just made: the only answer that has the secret. */
export class CreatedApiKey extends ApiKey {
  @ApiProperty({
    description:
      'The credential, for `Authorization: Bearer`. It is shown this once and cannot be read again.',
    example: 'ak_01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87_n2t9...',
  })
  @IsString()
  key: string;
}

export class ListApiKeysQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: MAX_PAGE, default: 0 })
  @Digits()
  @IsInt()
  @Min(0)
  @Max(MAX_PAGE)
  page: number = 0;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_SIZE,
    default: 10,
    description: 'Keys per page.',
  })
  @Digits()
  @IsInt()
  @Min(1)
  @Max(MAX_SIZE)
  size: number = 10;
}

export class ApiKeyPage {
  @ApiProperty({ type: () => [ApiKey] })
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ApiKey)
  data: ApiKey[];

  @ApiProperty({ type: 'integer', example: 0 })
  @IsInt()
  page: number;

  @ApiProperty({ type: 'integer', example: 10 })
  @IsInt()
  size: number;

  @ApiProperty({ type: 'integer', description: 'Keys on all pages.', example: 2 })
  @IsInt()
  total: number;
}
