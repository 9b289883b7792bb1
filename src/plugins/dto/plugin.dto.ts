import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { PLUGIN_STATES, type PluginState } from '../plugin.js';

/** An installed plugin. */
export class PluginDto {
  @ApiProperty({ description: 'Identifier from the manifest.', example: 'arcana-audit' })
  id: string;

  @ApiProperty({ example: 'Audit' })
  name: string;

  @ApiProperty({ description: 'Semantic version.', example: '1.0.0' })
  version: string;

  @ApiProperty({ enum: PLUGIN_STATES, example: 'ENABLED' })
  state: PluginState;

  @ApiProperty({ type: String, nullable: true, example: 'Arcana' })
  publisher: string | null;

  @ApiProperty({
    description: 'SHA-256 of the module, hexadecimal.',
    example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  })
  sha256: string;

  @ApiProperty({ type: String, nullable: true, description: 'Why it last failed.', example: null })
  last_error: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-01-01T12:00:00.000Z' })
  created_at: Date;

  @ApiProperty({ format: 'date-time', example: '2026-01-01T12:00:00.000Z' })
  updated_at: Date;
}

/** One page of plugins. */
export class PluginPageDto {
  @ApiProperty({ type: [PluginDto] })
  data: PluginDto[];

  @ApiProperty({ example: 0 })
  page: number;

  @ApiProperty({ example: 10 })
  size: number;

  @ApiProperty({ example: 0 })
  total: number;
}

/** Which plugins are asked for. */
export class ListPluginsDto {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: 1_000_000,
    default: 0,
    description: 'Page number from 0.',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  page?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: 10,
    description: 'Plugins per page.',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  size?: number;

  @ApiPropertyOptional({ enum: PLUGIN_STATES, description: 'Only plugins in this state.' })
  @IsOptional()
  @IsIn(PLUGIN_STATES)
  state?: PluginState;
}

/** Which plugin is asked for. */
export class GetPluginDto {
  @ApiProperty({
    description: 'Identifier from the manifest.',
    example: 'arcana-audit',
    pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  })
  @Matches(/^[a-z0-9][a-z0-9-]{0,62}$/, {
    message: 'id must be a plugin id: lower-case letters, digits and hyphens',
  })
  id: string;
}
