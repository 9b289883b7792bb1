import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsDate,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { ROLES, type Role } from '../../platform/security/index.js';
import { IsDisplayName, IsEmailAddress, IsMetadata, IsPictureUrl } from '../account-rules.js';

export const TRANSFER_FORMATS = ['csv', 'ndjson'] as const;
export type TransferFormat = (typeof TRANSFER_FORMATS)[number];

export const IMPORT_STATES = ['UPLOADING', 'PENDING', 'RUNNING', 'COMPLETED', 'STOPPED', 'FAILED'] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

/** `true` and `false` in a query; anything else stays text and is refused. */
const Flag = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));

/** How a file is to be imported. */
export class ImportUsersQuery {
  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Whether each new account is sent a mail with a token to set a password.',
  })
  @IsOptional()
  @Flag()
  @IsBoolean()
  send_invitations: boolean = false;
}

/** The answer to an upload. */
export class ImportAccepted {
  @ApiProperty({ format: 'uuid', description: 'The import: its state and its report are found by it.' })
  @IsUUID()
  import_id: string;

  @ApiProperty({ format: 'uuid', description: 'The job that works through the file.' })
  @IsUUID()
  job_id: string;

  @ApiProperty({ type: 'integer', description: 'Rows in the file.', example: 100_000 })
  @IsInt()
  rows: number;
}

/** An upload that begins. */
export class NewUserImport {
  @IsUUID()
  id: string;

  @IsIn(TRANSFER_FORMATS)
  format: TransferFormat;

  @IsBoolean()
  send_invitations: boolean;

  /** Columns of an export that an import does not read. */
  @IsArray()
  @IsString({ each: true })
  ignored_columns: string[];
}

/** Some hundred rows of an upload. */
export class ImportChunk {
  @IsUUID()
  import_id: string;

  /** From 0, without gaps. */
  @IsInt()
  @Min(0)
  position: number;

  @IsInt()
  @Min(1)
  rows: number;

  /** One staged row per line, as JSON. */
  @IsString()
  content: string;
}

/** An import, from its upload to its end. */
export class UserImport {
  @ApiProperty({ format: 'uuid', example: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87' })
  @IsUUID()
  id: string;

  @ApiProperty({
    enum: IMPORT_STATES,
    enumName: 'UserImportState',
    description:
      'STOPPED: whoever uploaded the file lost the right to import. FAILED: the job gave up; retrying it goes on where it stopped.',
    example: 'COMPLETED',
  })
  @IsIn(IMPORT_STATES)
  state: ImportState;

  @ApiProperty({ enum: TRANSFER_FORMATS, example: 'csv' })
  @IsIn(TRANSFER_FORMATS)
  format: TransferFormat;

  @ApiProperty({ description: 'Whether new accounts are sent a mail.', example: false })
  @IsBoolean()
  send_invitations: boolean;

  @ApiProperty({
    type: [String],
    description: 'Columns of the file that an import does not read.',
    example: ['id'],
  })
  @IsArray()
  @IsString({ each: true })
  ignored_columns: string[];

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'Null while it is uploaded.' })
  @IsOptional()
  @IsUUID()
  job_id: string | null;

  @ApiProperty({ format: 'uuid', description: 'Account that uploaded the file.' })
  @IsUUID()
  created_by: string;

  @ApiProperty({ type: 'integer', description: 'Rows in the file.', example: 100_000 })
  @IsInt()
  rows: number;

  @ApiProperty({ type: 'integer', description: 'Rows worked through so far.', example: 100_000 })
  @IsInt()
  processed: number;

  @ApiProperty({ type: 'integer', description: 'Accounts made.', example: 99_998 })
  @IsInt()
  created: number;

  @ApiProperty({ type: 'integer', description: 'Rows that became no account: see the report.', example: 2 })
  @IsInt()
  refused: number;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T12:00:00.000Z' })
  @Type(() => Date)
  @IsDate()
  created_at: Date;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-01-01T12:00:10.000Z' })
  @IsOptional()
  @Type(() => Date)
  @IsDate()
  finished_at: Date | null;
}

/** One thing that is wrong with a row. */
export class ImportRowError {
  @IsString()
  field: string;

  @IsString()
  code: string;

  @IsString()
  message: string;
}

/** What became of a row. */
export class ImportRowOutcome {
  /** From 1; the header of a CSV file is not counted. */
  @IsInt()
  row: number;

  /** The account it became. */
  @IsOptional()
  @IsUUID()
  user_id: string | null;

  /** Why it became none. */
  @IsOptional()
  @IsString()
  code: string | null;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ImportRowError)
  errors: ImportRowError[];
}

/** An account that a row is to become. */
export class ImportedAccount {
  @IsInt()
  row: number;

  @IsUUID()
  id: string;

  @IsDisplayName()
  name: string;

  @IsEmailAddress()
  email: string;

  @IsIn(ROLES)
  role: Role;

  @IsOptional()
  @IsPictureUrl()
  avatar_url: string | null;

  @IsMetadata()
  metadata: Record<string, unknown>;
}

/** A chunk as it is to be stored: each of its rows is an account or refused. */
export class ImportedChunk {
  @IsUUID()
  import_id: string;

  @IsInt()
  position: number;

  /** Role of whoever uploaded the file, by which the rows were judged. */
  @IsIn(ROLES)
  importer_role: Role;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ImportedAccount)
  accounts: ImportedAccount[];

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ImportRowOutcome)
  refused: ImportRowOutcome[];
}

export const REPORT_OUTCOMES = ['refused', 'created', 'all'] as const;

/** Which rows a page of the report is about. */
export class ImportRowsQuery {
  @IsUUID()
  import_id: string;

  @IsIn(REPORT_OUTCOMES)
  outcome: (typeof REPORT_OUTCOMES)[number];

  /** Rows up to this one are left out. */
  @IsInt()
  @Min(0)
  after: number;

  @IsInt()
  @Min(1)
  @Max(5_000)
  limit: number;
}

/** A page of the report. */
export class ImportRows {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ImportRowOutcome)
  data: ImportRowOutcome[];
}
