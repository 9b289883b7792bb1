import { Type } from 'class-transformer';
import { IsDate, IsIn, IsInt, IsOptional, IsString, IsUUID, Max, Min, ValidateNested } from 'class-validator';
import { JOB_STATES, type JobState } from '../platform/queue/index.js';

/** A place in the order of lists: newest first, ids breaking ties. */
export class JobPosition {
  @Type(() => Date)
  @IsDate()
  created_at: Date;

  @IsUUID()
  id: string;
}

/** Which jobs to read. All conditions hold together. */
export class JobFilter {
  @IsOptional()
  @IsString()
  queue?: string;

  @IsOptional()
  @IsIn(JOB_STATES)
  state?: JobState;

  @IsOptional()
  @IsString()
  type?: string;

  @IsOptional()
  @IsString()
  tag?: string;

  @IsOptional()
  @IsString()
  correlation_id?: string;

  @IsOptional()
  @Type(() => Date)
  @IsDate()
  created_after?: Date;

  @IsOptional()
  @Type(() => Date)
  @IsDate()
  created_before?: Date;

  /** Only what comes after this place. */
  @IsOptional()
  @ValidateNested()
  @Type(() => JobPosition)
  after?: JobPosition;

  @IsInt()
  @Min(1)
  @Max(1_000)
  limit: number;
}
