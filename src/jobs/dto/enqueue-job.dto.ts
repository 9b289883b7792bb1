import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsArray, IsIn, IsObject, IsOptional, IsUUID } from 'class-validator';
import { PRIORITIES, type Priority } from '../../platform/queue/index.js';
import { IsCorrelationId, IsWords, Rfc3339 } from '../../platform/validation/index.js';

/** A job asked for from outside. Whether its type may be, and the payload's shape, are the type's own matter. */
export class EnqueueJob {
  @ApiProperty({ description: 'What is to be done.', example: 'queue.prune_records' })
  @IsWords(128)
  type: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: "The work's input; its shape is the type's own.",
    example: { older_than_days: 30 },
    default: {},
  })
  @IsOptional()
  @IsObject()
  payload?: object;

  @ApiPropertyOptional({
    enum: PRIORITIES,
    enumName: 'JobPriority',
    description: 'Default: what the type declares.',
    example: 'low',
  })
  @IsOptional()
  @IsIn(PRIORITIES)
  priority?: Priority;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Not to be started before this moment, at most a year ahead.',
  })
  @IsOptional()
  @Rfc3339()
  scheduled_at?: Date;

  @ApiPropertyOptional({
    type: [String],
    maxItems: 20,
    description: 'Labels to search by, 1 to 64 characters each.',
    example: ['nightly'],
  })
  @IsOptional()
  @IsArray()
  tags?: string[];

  @ApiPropertyOptional({ description: "Ties together what one request caused; default: this request's id." })
  @IsOptional()
  @IsCorrelationId()
  correlation_id?: string;

  @ApiPropertyOptional({
    maxLength: 128,
    description:
      'While a job of this type and key is not done, another is not enqueued: the answer is the one that is there.',
  })
  @IsOptional()
  @IsWords(128)
  unique_key?: string;
}

/** Message of JobQueueService.GetJob. */
export class JobIdMessage {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  id: string;
}
