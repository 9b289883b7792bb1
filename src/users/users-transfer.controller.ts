import { Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConsumes,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ArcanaConfig } from '../platform/config/index.js';
import { RequestContext } from '../platform/context/index.js';
import { newId } from '../platform/database/index.js';
import {
  ApiErrors,
  openUpload,
  sendStream,
  StreamedBody,
  UuidPipe,
  type Upload,
} from '../platform/http/index.js';
import { RequirePermission } from '../platform/security/index.js';
import { ExportUsersQuery, type ExportFilter, type UserBatch } from './dto/export-users.dto.js';
import { ImportReportQuery } from './dto/import-report.dto.js';
import { ImportAccepted, ImportUsersQuery, UserImport } from './dto/user-import.dto.js';
import type { User } from './dto/user.dto.js';
import { CONTENT_TYPES, fileOf, formatFor, REPORT_COLUMNS, USER_COLUMNS } from './export-file.js';
import { FORMAT_OF, openImportFile } from './import-file.js';
import { inChunks } from './staged-rows.js';
import { UserExportService } from './user-export.service.js';
import { UserImportService } from './user-import.service.js';
import { IMPORT_EMPTY, IMPORT_FILE_BROKEN, IMPORT_TOO_LARGE, IMPORT_UNFINISHED } from './users.errors.js';

/** Rows of a report that are asked for at once. */
const REPORT_BATCH = 1_000;
/** Time to clear away an upload whose client has left. */
const CLEAR_AWAY_MS = 10_000;

const FILE = {
  'text/csv': { schema: { type: 'string' as const } },
  'application/x-ndjson': { schema: { type: 'string' as const } },
};
const ID = {
  name: 'id',
  description: 'Id of the import.',
  format: 'uuid',
  example: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87',
};

/** REST of accounts in bulk: files go in and out as streams. */
@ApiTags('users')
@Controller('api/v1/users')
export class UsersTransferController {
  constructor(
    private readonly exports: UserExportService,
    private readonly imports: UserImportService,
    private readonly config: ArcanaConfig,
  ) {}

  @Get('export')
  @RequirePermission('users:export')
  @ApiOperation({
    summary: 'Export accounts',
    description:
      'All that match, as a stream, in the order of their ids. CSV cells that a spreadsheet would take for a formula have an apostrophe in front. The connection is cut when an error breaks the stream off. Each export is on record in the audit log.',
  })
  @ApiOkResponse({ description: 'The accounts, one per line.', content: FILE })
  async export(
    @Query() query: ExportUsersQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { format: named, ...filter } = query;
    const format = formatFor(named, request.headers.accept);
    await this.exports.begin({ ...filter, format });
    await sendStream(request, reply, {
      contentType: CONTENT_TYPES[format],
      filename: `users.${format}`,
      pieces: fileOf(format, USER_COLUMNS, this.#accounts(filter)),
    });
  }

  @Post('import')
  @HttpCode(202)
  @RequirePermission('users:import')
  @StreamedBody(...Object.keys(FORMAT_OF))
  @ApiOperation({
    summary: 'Import accounts',
    description:
      'From CSV with a header or from NDJSON; name and email, and where wanted role, metadata (JSON) and avatar_url. What else an export holds may be there and is ignored; any other column is refused. A job then makes an account without a password of each row; the report tells which rows became none, and why.',
  })
  @ApiConsumes(...Object.keys(FORMAT_OF))
  @ApiBody({ required: true, schema: { type: 'string', format: 'binary' } })
  @ApiAcceptedResponse({
    type: ImportAccepted,
    headers: { Location: { description: 'Path of the job.', schema: { type: 'string' } } },
  })
  @ApiErrors(IMPORT_EMPTY, IMPORT_FILE_BROKEN, IMPORT_TOO_LARGE, IMPORT_UNFINISHED, 'REQUEST_TIMEOUT')
  async import(
    @Query() query: ImportUsersQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportAccepted> {
    const upload = openUpload(request, this.config.server.rest.upload_limit_bytes);
    const accepted = await this.#stage(upload, query);
    void reply.header('location', `/api/v1/jobs/jobs/${accepted.job_id}`);
    return accepted;
  }

  @Get('imports/:id')
  @RequirePermission('users:import')
  @ApiOperation({ summary: 'Read an import', description: 'How far it is, and what became of its rows.' })
  @ApiParam(ID)
  @ApiOkResponse({ type: UserImport })
  @ApiErrors('NOT_FOUND')
  async get(@Param('id', UuidPipe) id: string): Promise<UserImport> {
    return this.imports.get(id);
  }

  @Get('imports/:id/report')
  @RequirePermission('users:import')
  @ApiOperation({
    summary: 'Read what became of the rows of an import',
    description:
      'As a stream, in the order of the rows: number, the account it became, or the code and the field errors for which it became none. Rows that are still to be worked through are not in it.',
  })
  @ApiParam(ID)
  @ApiOkResponse({ description: 'The rows, one per line.', content: FILE })
  @ApiErrors('NOT_FOUND')
  async report(
    @Param('id', UuidPipe) id: string,
    @Query() { format: named, outcome }: ImportReportQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.imports.get(id);
    const format = formatFor(named, request.headers.accept);
    await sendStream(request, reply, {
      contentType: CONTENT_TYPES[format],
      filename: `import-${id}.${format}`,
      pieces: fileOf(format, REPORT_COLUMNS, this.#rows(id, outcome)),
    });
  }

  async *#accounts(filter: ExportFilter): AsyncGenerator<User[]> {
    let after: string | null = null;
    do {
      const { data, next }: UserBatch = await this.exports.next(filter, after);
      if (data.length > 0) yield data;
      after = next;
    } while (after !== null);
  }

  async *#rows(import_id: string, outcome: ImportReportQuery['outcome']) {
    let after = 0;
    for (;;) {
      const { data } = await this.imports.rows({ import_id, outcome, after, limit: REPORT_BATCH });
      if (data.length === 0) return;
      yield data;
      after = data.at(-1)!.row;
    }
  }

  /** Stages what comes in, chunk by chunk; nothing is left of what does not come to its end. */
  async #stage(upload: Upload, { send_invitations }: ImportUsersQuery): Promise<ImportAccepted> {
    const { format, ignored_columns, rows } = await openImportFile(FORMAT_OF[upload.type]!, upload);
    const import_id = newId();
    await this.imports.beginUpload({ id: import_id, format, send_invitations, ignored_columns });
    try {
      for await (const chunk of inChunks(rows)) await this.imports.addChunk({ import_id, ...chunk });
      return await this.imports.finishUpload(import_id);
    } catch (error) {
      await this.#discard(import_id);
      throw error;
    }
  }

  /** The request may be over, and whoever sent it gone. */
  async #discard(id: string): Promise<void> {
    const context = RequestContext.current()!.continuedAs({ deadline: Date.now() + CLEAR_AWAY_MS });
    // Where the database is away, the job that clears up after abandoned uploads does it.
    await RequestContext.run(context, () => this.imports.discardUpload(id)).catch(() => undefined);
  }
}
