import { Type } from 'class-transformer';
import {
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

/** A place in the order of the log: newest first, ids breaking ties. */
export class AuditLogPosition {
  @Type(() => Date)
  @IsDate()
  at: Date;

  @IsUUID()
  id: string;
}

/** Which entries to read. All conditions hold together. */
export class AuditLogFilter {
  @IsOptional()
  @IsString()
  action?: string;

  @IsOptional()
  @IsUUID()
  actor_id?: string;

  @IsOptional()
  @IsString()
  target_id?: string;

  @IsOptional()
  @IsString()
  request_id?: string;

  @IsOptional()
  @Type(() => Date)
  @IsDate()
  occurred_after?: Date;

  @IsOptional()
  @Type(() => Date)
  @IsDate()
  occurred_before?: Date;

  /** Only what comes after this place; before it, nearest first, when read backwards. */
  @IsOptional()
  @ValidateNested()
  @Type(() => AuditLogPosition)
  after?: AuditLogPosition;

  @IsOptional()
  @IsBoolean()
  backwards?: boolean;

  @IsInt()
  @Min(1)
  @Max(1_000)
  limit: number;
}
