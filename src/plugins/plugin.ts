import { Type } from 'class-transformer';
import {
  IsArray,
  IsDate,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

/** Where a plugin stands in its life. */
export const PLUGIN_STATES = [
  'INSTALLED',
  'PENDING_APPROVAL',
  'ENABLED',
  'DEGRADED',
  'QUARANTINED',
  'DISABLED',
] as const;
export type PluginState = (typeof PLUGIN_STATES)[number];

/** An installed plugin. */
export class Plugin {
  @IsString()
  id: string;

  @IsString()
  name: string;

  @IsString()
  version: string;

  @IsIn(PLUGIN_STATES)
  state: PluginState;

  @IsOptional()
  @IsString()
  publisher: string | null;

  @IsString()
  sha256: string;

  @IsOptional()
  @IsString()
  last_error: string | null;

  @Type(() => Date)
  @IsDate()
  created_at: Date;

  @Type(() => Date)
  @IsDate()
  updated_at: Date;
}

/** Which plugins are asked for. */
export class PluginQuery {
  /** Page number from 0. */
  @IsInt()
  @Min(0)
  page: number;

  /** Plugins per page. */
  @IsInt()
  @Min(1)
  @Max(100)
  size: number;

  @IsOptional()
  @IsIn(PLUGIN_STATES)
  state?: PluginState;
}

/** One page of plugins, by id. */
export class PluginPage {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Plugin)
  data: Plugin[];

  @IsInt()
  page: number;

  @IsInt()
  size: number;

  @IsInt()
  total: number;
}
