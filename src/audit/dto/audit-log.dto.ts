import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsArray, IsDate, IsObject, IsOptional, IsString, IsUUID, ValidateNested } from 'class-validator';

const TEXT_OR_NULL = { type: String, nullable: true } as const;

/** One security-relevant act. */
export class AuditLog {
  @ApiProperty({ format: 'uuid', example: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87' })
  @IsUUID()
  id: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    description: 'When the transaction of the act began.',
    example: '2026-01-01T12:00:00.000Z',
  })
  @Type(() => Date)
  @IsDate()
  occurred_at: Date;

  @ApiProperty({ description: 'What was done.', example: 'USER_UPDATED' })
  @IsString()
  action: string;

  @ApiProperty({
    ...TEXT_OR_NULL,
    format: 'uuid',
    description: 'Account that did it; null when nobody was signed in.',
  })
  @IsOptional()
  @IsUUID()
  actor_id: string | null;

  @ApiProperty({
    ...TEXT_OR_NULL,
    description: 'What the actor proved its identity with; null when nobody was signed in.',
    example: 'access_token',
  })
  @IsOptional()
  @IsString()
  actor_via: string | null;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'Id of what it was done to.' })
  @IsOptional()
  @IsString()
  target_id: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'What explains the act; where something changed, `before` and `after`. Never a secret.',
    example: { before: { name: 'Ada' }, after: { name: 'Ada Lovelace' } },
  })
  @IsObject()
  details: Record<string, unknown>;

  @ApiProperty({ description: 'The X-Request-Id of the request.' })
  @IsString()
  request_id: string;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'Trace of the request, 32 hexadecimal digits.' })
  @IsOptional()
  @IsString()
  trace_id: string | null;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'Address the request came from.', example: '192.0.2.1' })
  @IsOptional()
  @IsString()
  ip: string | null;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'What the client called itself.' })
  @IsOptional()
  @IsString()
  user_agent: string | null;

  @ApiProperty({
    ...TEXT_OR_NULL,
    description: 'Route or rpc.',
    example: 'PATCH /api/v1/users/:id',
  })
  @IsOptional()
  @IsString()
  route: string | null;
}

/** One page of the audit log, newest first. */
export class AuditLogPage {
  @ApiProperty({ type: [AuditLog] })
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => AuditLog)
  data: AuditLog[];

  @ApiProperty({
    ...TEXT_OR_NULL,
    description: 'Where the next page begins; null on the last one.',
    example: null,
  })
  @IsOptional()
  @IsString()
  next_cursor: string | null;
}

/** A page with the way back, which REST tells in its Link header. */
export class AuditLogSlice extends AuditLogPage {
  /** Null on the first page. */
  @IsOptional()
  @IsString()
  prev_cursor: string | null;
}
