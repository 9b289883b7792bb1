import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsDate,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { Digits } from '../../platform/validation/index.js';

const MAX_SIZE = 100;
/** Pages that may be asked for: whoever has more sessions than that ends them all at once. */
const MAX_PAGE = 100;

export class ListSessionsQuery {
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
    description: 'Sessions per page.',
  })
  @Digits()
  @IsInt()
  @Min(1)
  @Max(MAX_SIZE)
  size: number = 10;
}

/** A session that is alive, as it is stored. */
export class StoredSession {
  @IsUUID()
  id: string;

  @IsOptional()
  @IsString()
  device_name: string | null;

  @IsOptional()
  @IsString()
  ip_address: string | null;

  @IsOptional()
  @IsString()
  user_agent: string | null;

  @Type(() => Date)
  @IsDate()
  created_at: Date;

  @Type(() => Date)
  @IsDate()
  last_used_at: Date;

  @Type(() => Date)
  @IsDate()
  expires_at: Date;

  @Type(() => Date)
  @IsDate()
  idle_expires_at: Date;
}

export class StoredSessionPage {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => StoredSession)
  data: StoredSession[];

  @IsInt()
  total: number;
}

/** A session as its owner sees it. */
export class Session {
  @ApiProperty({ format: 'uuid', example: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a88' })
  @IsUUID()
  id: string;

  @ApiProperty({
    description: 'As given at sign-in, else what the user agent tells.',
    example: 'Firefox on Windows',
  })
  @IsString()
  device_name: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Where it was opened or refreshed last.',
    example: '192.0.2.1',
  })
  @IsOptional()
  @IsString()
  ip_address: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Mozilla/5.0 (Windows NT 10.0; ...)' })
  @IsOptional()
  @IsString()
  user_agent: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  @Type(() => Date)
  @IsDate()
  created_at: Date;

  @ApiProperty({ type: String, format: 'date-time', description: 'Exact to about a minute.' })
  @Type(() => Date)
  @IsDate()
  last_used_at: Date;

  @ApiProperty({ type: String, format: 'date-time', description: 'Its end, however often it is used.' })
  @Type(() => Date)
  @IsDate()
  expires_at: Date;

  @ApiProperty({ type: String, format: 'date-time', description: 'Its end, if it is not used until then.' })
  @Type(() => Date)
  @IsDate()
  idle_expires_at: Date;

  @ApiProperty({ description: 'Whether it is the session that asks.' })
  @IsBoolean()
  current: boolean;
}

export class SessionPage {
  @ApiProperty({ type: () => [Session] })
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Session)
  data: Session[];

  @ApiProperty({ type: 'integer', example: 0 })
  @IsInt()
  page: number;

  @ApiProperty({ type: 'integer', example: 10 })
  @IsInt()
  size: number;

  @ApiProperty({ type: 'integer', description: 'Sessions on all pages.', example: 2 })
  @IsInt()
  total: number;
}
