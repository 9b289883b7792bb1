import { Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../platform/errors/index.js';
import { JobHandler, type JobContext, type JobWork } from '../platform/queue/index.js';
import type { UserImport } from './dto/user-import.dto.js';
import { UserImportService } from './user-import.service.js';
import { ImportUsers, type ImportUsersData } from './users.jobs.js';

/** How often in a row a chunk is tried again whose importer's role changed under it. */
const MAX_TRIES = 5;
/** How often it is asked whether a chunk still has to wait, in milliseconds. */
const WAIT_MS = 100;

/** Chunk after chunk until there is none: being interrupted, or run twice, loses and doubles nothing. */
@Injectable()
@JobHandler(ImportUsers)
export class ImportUsersHandler implements JobWork<ImportUsersData> {
  constructor(private readonly imports: UserImportService) {}

  /** @returns the figures of the import, and its state: COMPLETED or STOPPED */
  async handle({ import_id }: ImportUsersData, context: JobContext): Promise<object> {
    try {
      return await this.#work(import_id, context);
    } catch (error) {
      // Another attempt follows, or the process shuts down and the job goes back.
      if (context.attempt >= ImportUsers.retry.attempts && !context.signal.aborted) {
        await this.imports.giveUp(import_id).catch(() => undefined);
      }
      throw error;
    }
  }

  async #work(id: string, { signal, progress }: JobContext): Promise<object> {
    for (;;) {
      signal.throwIfAborted();
      while (await this.imports.mustWait()) await pause(WAIT_MS, undefined, { signal });
      const { state, rows, processed, created, refused } = await this.#advance(id);
      progress((100 * processed) / Math.max(rows, 1));
      if (state === 'COMPLETED' || state === 'STOPPED') {
        return { import_id: id, state, rows, created, refused };
      }
    }
  }

  async #advance(id: string): Promise<UserImport> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.imports.advance(id);
      } catch (error) {
        const isOvertaken = error instanceof AppError && error.code === 'PRECONDITION_FAILED';
        if (!isOvertaken || tries === MAX_TRIES) throw error;
      }
    }
  }
}
