import { ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsOptional, IsUUID, ValidateNested } from 'class-validator';
import { ListUsersQuery } from './list-users.dto.js';
import { TRANSFER_FORMATS, type TransferFormat } from './user-import.dto.js';
import { User } from './user.dto.js';

/** Which accounts: the filters of the list. */
export class ExportFilter extends PickType(ListUsersQuery, [
  'search',
  'role',
  'status',
  'created_after',
  'created_before',
] as const) {}

/** Query of an export. */
export class ExportUsersQuery extends ExportFilter {
  @ApiPropertyOptional({
    enum: TRANSFER_FORMATS,
    description: 'Goes before the Accept header; without either, ndjson.',
  })
  @IsOptional()
  @IsIn(TRANSFER_FORMATS)
  format?: TransferFormat;
}

/** Some of the accounts, in the order of their ids. */
export class UserBatch {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => User)
  data: User[];

  /** Where the next batch begins; null: this is the last one. */
  @IsOptional()
  @IsUUID()
  next: string | null;
}
