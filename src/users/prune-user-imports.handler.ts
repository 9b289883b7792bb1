import { Injectable } from '@nestjs/common';
import { JobHandler, type JobWork } from '../platform/queue/index.js';
import { UserImportService } from './user-import.service.js';
import { PruneUserImports, type PruneUserImportsData } from './users.jobs.js';

/** Deletes what is left of imports when nobody asks for it any more. */
@Injectable()
@JobHandler(PruneUserImports)
export class PruneUserImportsHandler implements JobWork<PruneUserImportsData> {
  constructor(private readonly imports: UserImportService) {}

  async handle(): Promise<{ deleted: number }> {
    return { deleted: await this.imports.prune() };
  }
}
