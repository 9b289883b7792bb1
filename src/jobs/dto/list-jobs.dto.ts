import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { JOB_STATES, type JobState } from '../../platform/queue/index.js';
import { Digits, IsCorrelationId, IsWords, Rfc3339 } from '../../platform/validation/index.js';

const MAX_NAME_LENGTH = 128;
const MAX_TAG_LENGTH = 64;
const MAX_CURSOR_LENGTH = 200;

/** Which jobs. All conditions hold together. */
export class ListJobsQuery {
  @ApiPropertyOptional({ description: 'Only jobs of this queue, such as `emails`.' })
  @IsOptional()
  @IsWords(MAX_NAME_LENGTH)
  queue?: string;

  @ApiPropertyOptional({ enum: JOB_STATES, enumName: 'JobState' })
  @IsOptional()
  @IsIn(JOB_STATES)
  state?: JobState;

  @ApiPropertyOptional({ description: 'Only jobs of this type, such as `email.welcome`.' })
  @IsOptional()
  @IsWords(MAX_NAME_LENGTH)
  type?: string;

  @ApiPropertyOptional({
    description: 'The same as `type`, which wins when both are given.',
  })
  @IsOptional()
  @IsWords(MAX_NAME_LENGTH)
  name?: string;

  @ApiPropertyOptional({ description: 'Only jobs with this label.' })
  @IsOptional()
  @IsWords(MAX_TAG_LENGTH)
  tag?: string;

  @ApiPropertyOptional({ description: 'Only jobs caused by the request with this id.' })
  @IsOptional()
  @IsCorrelationId()
  correlation_id?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Only jobs enqueued after this moment.',
  })
  @IsOptional()
  @Rfc3339()
  created_after?: Date;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Only jobs enqueued before this moment.',
  })
  @IsOptional()
  @Rfc3339()
  created_before?: Date;

  @ApiPropertyOptional({
    maxLength: MAX_CURSOR_LENGTH,
    description: '`next_cursor` of the page before; absent = the first page.',
  })
  @IsOptional()
  @IsWords(MAX_CURSOR_LENGTH)
  cursor?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: 10,
    description: 'Jobs per page.',
  })
  @Digits()
  @IsInt()
  @Min(1)
  @Max(100)
  size: number = 10;
}
