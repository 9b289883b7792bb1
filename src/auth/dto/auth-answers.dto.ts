import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsDate, IsIn, IsInt, IsOptional, IsString, IsUUID } from 'class-validator';

export class TokenPair {
  @ApiProperty({ description: 'For the Authorization header of later calls.', example: 'eyJhbGciOi...' })
  @IsString()
  access_token: string;

  @ApiProperty({ description: 'For the next refresh; works once.', example: 'n2t9...' })
  @IsString()
  refresh_token: string;

  @ApiProperty({ enum: ['Bearer'] })
  @IsIn(['Bearer'])
  token_type: 'Bearer';

  @ApiProperty({ type: 'integer', description: 'Seconds until the access token expires.', example: 900 })
  @IsInt()
  expires_in: number;
}

/** What a token is worth at this moment. All but `valid` is empty when it is worth nothing. */
export class TokenValidity {
  @IsBoolean()
  valid: boolean;

  @IsOptional()
  @IsUUID()
  user_id?: string;

  @IsArray()
  @IsString({ each: true })
  roles: string[];

  @IsOptional()
  @IsUUID()
  session_id?: string;

  @IsOptional()
  @Type(() => Date)
  @IsDate()
  expires_at?: Date;
}
