import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { REPORT_OUTCOMES, TRANSFER_FORMATS, type TransferFormat } from './user-import.dto.js';

/** Query of an import's report. */
export class ImportReportQuery {
  @ApiPropertyOptional({
    enum: TRANSFER_FORMATS,
    description: 'Goes before the Accept header; without either, ndjson.',
  })
  @IsOptional()
  @IsIn(TRANSFER_FORMATS)
  format?: TransferFormat;

  @ApiPropertyOptional({
    enum: REPORT_OUTCOMES,
    default: 'refused',
    description: 'Which rows: those that became no account, those that became one, or all.',
  })
  @IsIn(REPORT_OUTCOMES)
  outcome: (typeof REPORT_OUTCOMES)[number] = 'refused';
}
