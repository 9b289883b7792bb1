import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';
import { Digits, IsCorrelationId, IsWords, Rfc3339, Uuid } from '../../platform/validation/index.js';

const MAX_ACTION_LENGTH = 64;
const MAX_TARGET_LENGTH = 200;
const MAX_CURSOR_LENGTH = 200;

/** Which entries. All conditions hold together. */
export class ListAuditLogsQuery {
  @ApiPropertyOptional({ description: 'Only this act, such as `USER_ROLE_CHANGED`.' })
  @IsOptional()
  @IsWords(MAX_ACTION_LENGTH)
  action?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'Only what this account did.' })
  @IsOptional()
  @IsUUID()
  actor_id?: string;

  @ApiPropertyOptional({ description: 'Only what was done to this account, job or plugin.' })
  @IsOptional()
  @Uuid()
  @IsWords(MAX_TARGET_LENGTH)
  target_id?: string;

  @ApiPropertyOptional({ description: 'Only what the request with this id did.' })
  @IsOptional()
  @IsCorrelationId()
  request_id?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Only acts after this moment.' })
  @IsOptional()
  @Rfc3339()
  occurred_after?: Date;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Only acts before this moment.' })
  @IsOptional()
  @Rfc3339()
  occurred_before?: Date;

  @ApiPropertyOptional({
    maxLength: MAX_CURSOR_LENGTH,
    description: '`next_cursor` of the page before, or that of a `Link`; absent = the first page.',
  })
  @IsOptional()
  @IsWords(MAX_CURSOR_LENGTH)
  cursor?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: 10,
    description: 'Entries per page.',
  })
  @Digits()
  @IsInt()
  @Min(1)
  @Max(100)
  size: number = 10;
}
