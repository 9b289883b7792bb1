import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const STATUSES = ['healthy', 'degraded', 'unhealthy'];

/** State of one dependency. */
export class ComponentHealthDto {
  @ApiProperty({ example: 'database' })
  name: string;

  @ApiProperty({ enum: STATUSES, example: 'healthy' })
  status: string;

  @ApiProperty({ description: 'Whether the process is not ready without it.', example: true })
  required: boolean;

  @ApiPropertyOptional({ example: 'database does not answer' })
  message?: string;

  @ApiProperty({ format: 'date-time', example: '2026-01-01T12:00:00.000Z' })
  checked_at: Date;
}

/** State of the process and of all it depends on. */
export class HealthDto {
  @ApiProperty({ enum: STATUSES, example: 'healthy' })
  status: string;

  @ApiProperty({ example: '0.1.0' })
  version: string;

  @ApiProperty({ type: [ComponentHealthDto] })
  components: ComponentHealthDto[];
}

/** The process runs. */
export class LivenessDto {
  @ApiProperty({ enum: ['healthy'], example: 'healthy' })
  status: string;
}

const INDICATORS = {
  type: 'object' as const,
  additionalProperties: {
    type: 'object',
    properties: { status: { type: 'string', enum: ['up', 'down'] } },
    additionalProperties: true,
  },
};
const UP = { listening: { status: 'up' }, database: { status: 'up' }, migrations: { status: 'up' } };

/** Answer of a probe that is content, as terminus gives it. */
export class ProbeDto {
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  status: string;

  @ApiProperty({ ...INDICATORS, description: 'What is up.', example: UP })
  info: object;

  @ApiProperty({ ...INDICATORS, description: 'What is down: nothing, or this would be a 503.', example: {} })
  error: object;

  @ApiProperty({ ...INDICATORS, description: 'Both together.', example: UP })
  details: object;
}
