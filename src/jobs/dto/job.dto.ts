import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsDate,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  ValidateNested,
} from 'class-validator';
import { JOB_STATES, PRIORITIES, type JobState, type Priority } from '../../platform/queue/index.js';

const ID = '01980a5e-7d3b-7c4e-9b1a-2f6d8c0e4a71';
const TIME = { type: String, format: 'date-time', example: '2026-01-01T12:00:00.000Z' } as const;

/** One piece of work, as people see it. */
export class Job {
  @ApiProperty({ format: 'uuid', description: 'UUID version 7.', example: ID })
  @IsUUID()
  id: string;

  @ApiProperty({ description: 'Queue that it waits in.', example: 'maintenance' })
  @IsString()
  queue: string;

  @ApiProperty({ description: 'What is to be done.', example: 'queue.prune_records' })
  @IsString()
  type: string;

  @ApiProperty({
    enum: JOB_STATES,
    enumName: 'JobState',
    description: 'FAILED will be tried again; DEAD_LETTER failed for good.',
    example: 'COMPLETED',
  })
  @IsIn(JOB_STATES)
  state: JobState;

  @ApiProperty({ enum: PRIORITIES, enumName: 'JobPriority', example: 'low' })
  @IsIn(PRIORITIES)
  priority: Priority;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: "The work's input.",
    example: { older_than_days: 30 },
  })
  @IsObject()
  payload: object;

  @ApiProperty({ type: [String], description: 'Labels to search by.', example: ['nightly'] })
  @IsArray()
  @IsString({ each: true })
  tags: string[];

  @ApiProperty({
    description: 'Ties together what one request caused.',
    example: '0b1f6d6c5b7e4d6a9d0e8b7a6c5d4e3f',
  })
  @IsString()
  correlation_id: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'While a job of this type and key is not done, another is not enqueued.',
    example: null,
  })
  @IsOptional()
  @IsString()
  unique_key: string | null;

  @ApiProperty({ type: 'integer', description: 'Attempts begun so far.', example: 1 })
  @IsInt()
  attempts_made: number;

  @ApiProperty({ type: 'integer', description: 'Attempts before it is a dead letter.', example: 3 })
  @IsInt()
  max_attempts: number;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Per cent done, as the work itself reports it.',
    example: 100,
  })
  @IsOptional()
  @IsInt()
  progress: number | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'What the work answered; null until completed, or when it answers nothing.',
    example: { deleted: 42 },
  })
  @IsOptional()
  @IsObject()
  result: object | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Why the last attempt that ended failed.',
    example: null,
  })
  @IsOptional()
  @IsString()
  error: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Worker that has it or had it last.',
    example: 'app-1:4242:9f3c1a',
  })
  @IsOptional()
  @IsString()
  worker: string | null;

  @ApiProperty({ ...TIME, description: 'When it was enqueued.' })
  @Type(() => Date)
  @IsDate()
  created_at: Date;

  @ApiProperty({ ...TIME, nullable: true, description: 'Not to be started before this moment.' })
  @IsOptional()
  @Type(() => Date)
  @IsDate()
  scheduled_at: Date | null;

  @ApiProperty({ ...TIME, nullable: true, description: 'When the last attempt began.' })
  @IsOptional()
  @Type(() => Date)
  @IsDate()
  started_at: Date | null;

  @ApiProperty({
    ...TIME,
    nullable: true,
    description: 'When it completed, was called off or became a dead letter.',
  })
  @IsOptional()
  @Type(() => Date)
  @IsDate()
  finished_at: Date | null;

  @ApiPropertyOptional({
    type: [String],
    description: 'Lines that the work wrote, the last 500. Left out in lists.',
    example: [],
  })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  logs?: string[];
}

/** The answer to an enqueued job. */
export class EnqueuedJob extends Job {
  @ApiProperty({ description: 'Whether the unique key led to a job that was there before.', example: false })
  @IsBoolean()
  deduplicated: boolean;
}

/** One page of jobs, newest first. */
export class JobPage {
  @ApiProperty({ type: [Job] })
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Job)
  data: Job[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Where the next page begins; null on the last one.',
    example: null,
  })
  @IsOptional()
  @IsString()
  next_cursor: string | null;
}
