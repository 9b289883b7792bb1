import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { CATALOGUE } from '../errors/index.js';

/** One broken field. */
export class ProblemField {
  @ApiProperty({ description: 'Path of the field; empty when no field is to blame.', example: 'email' })
  field: string;

  @ApiProperty({ description: 'What is wrong, for programs.', example: 'IS_EMAIL' })
  code: string;

  @ApiProperty({ description: 'What is wrong, for people.', example: 'email must be an email' })
  message: string;
}

/** RFC 9457 problem document: the body of every error. */
export class ProblemDocument {
  @ApiProperty({ example: 'urn:arcana:error:VALIDATION_FAILED' })
  type: string;

  @ApiProperty({ example: 'Validation failed' })
  title: string;

  @ApiProperty({ example: 422 })
  status: number;

  @ApiProperty({ example: 'One or more fields are not valid.' })
  detail: string;

  @ApiProperty({ description: 'Path of the request.', example: '/api/v1/auth/register' })
  instance: string;

  @ApiProperty({ enum: Object.keys(CATALOGUE), description: 'One of a closed set; see docs/errors.md.' })
  code: string;

  @ApiProperty({ example: 'One or more fields are not valid.' })
  message: string;

  @ApiProperty({ format: 'date-time', example: '2026-01-01T12:00:00.000Z' })
  timestamp: string;

  @ApiProperty({
    description: 'Value of X-Request-Id; quote it when asking for help.',
    example: '0b1f6d6c5b7e4d6a9d0e8b7a6c5d4e3f',
  })
  request_id: string;

  @ApiProperty({ example: '4bf92f3577b34da6a3ce929d0e0e4736' })
  trace_id: string;

  @ApiPropertyOptional({ type: [ProblemField], description: 'Every broken field at once.' })
  errors?: ProblemField[];
}
