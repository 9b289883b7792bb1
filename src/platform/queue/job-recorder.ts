import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDate,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  Min,
} from 'class-validator';
import { listOf, Nothing, RemotePort } from '../deployment/index.js';
import { JOB_STATES, type JobState } from './job-state.js';
import { PRIORITIES, type Priority } from './priority.js';

/** Log lines that one snapshot may bring. */
export const MAX_SNAPSHOT_LINES = 200;

/** A job as it stood at one moment of its life. */
export class JobSnapshot {
  @IsUUID()
  id: string;

  /**
   * The moment's place in the job's life: a record is only ever replaced by a later one, so snapshots may arrive late,
   * twice, or out of order. See {@link sequenceOf}.
   */
  @IsInt()
  @Min(0)
  sequence: number;

  @IsString()
  queue: string;

  @IsString()
  type: string;

  /** Version of the payload's shape. */
  @IsInt()
  version: number;

  @IsIn(JOB_STATES)
  state: JobState;

  @IsIn(PRIORITIES)
  priority: Priority;

  /** Absent in snapshots that follow one which had it. */
  @IsOptional()
  @IsObject()
  payload?: object;

  @IsArray()
  @IsString({ each: true })
  tags: string[];

  @IsString()
  correlation_id: string;

  @IsOptional()
  @IsString()
  unique_key?: string;

  /** Attempts begun, without those that a shutdown gave back. */
  @IsInt()
  @Min(0)
  attempts_made: number;

  @IsInt()
  @Min(1)
  max_attempts: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(100)
  progress?: number;

  @IsOptional()
  @IsObject()
  result?: object;

  @IsOptional()
  @IsString()
  error?: string;

  @IsOptional()
  @IsString()
  worker?: string;

  @Type(() => Date)
  @IsDate()
  created_at: Date;

  @IsOptional()
  @Type(() => Date)
  @IsDate()
  scheduled_at?: Date;

  @IsOptional()
  @Type(() => Date)
  @IsDate()
  started_at?: Date;

  @IsOptional()
  @Type(() => Date)
  @IsDate()
  finished_at?: Date;

  /** Lines written since the snapshot before; appended to the record. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_SNAPSHOT_LINES)
  @IsString({ each: true })
  lines?: string[];
}

/** Moments that one start of a job can have. */
const STEPS = 1_000;
/** How many times a running attempt can tell of itself; later news waits for its end. */
export const LAST_PROGRESS_STEP = STEPS - 2;

/**
 * Orders the moments of a job's life.
 * @param starts times the job was handed to a worker, from the queue's own counter, which never goes back; 0 = enqueued
 * @param step within that start: 0 begun, 1 to {@link LAST_PROGRESS_STEP} progress, `end` its end
 */
export const sequenceOf = (starts: number, step: number | 'end'): number =>
  starts * STEPS + (step === 'end' ? STEPS - 1 : step);

/** Which start of its job a moment belongs to; 0 = before the first. */
export const startOf = (sequence: number): number => Math.floor(sequence / STEPS);

/** Port: keeps the searchable record of every job. The queue runs jobs; this tells people of them. */
export abstract class JobRecorder {
  /**
   * Brings records up to date, creating those that do not exist. Idempotent and indifferent to order: of two
   * snapshots of one job the one with the higher sequence stands.
   * @param snapshots at most one per job
   * @throws SERVICE_UNAVAILABLE when nothing was recorded and may be tried again
   */
  abstract record(snapshots: JobSnapshot[]): Promise<void>;
}

RemotePort<JobRecorder>({
  record: { args: [listOf(JobSnapshot)], result: Nothing, idempotent: true },
})(JobRecorder);
