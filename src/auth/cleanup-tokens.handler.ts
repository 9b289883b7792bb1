import { Injectable } from '@nestjs/common';
import { JobHandler, type JobContext, type JobWork } from '../platform/queue/index.js';
import { AccountTokenRepository } from '../users/index.js';
import { CleanupTokens } from './auth.jobs.js';
import { SessionRecordRepository } from './session-record.repository.js';

/** A session that is over is kept so long: a stolen refresh token of it is still told from one that never was. */
const KEPT_DAYS = 7;
const DAY_MS = 86_400_000;
/** Rows deleted in one transaction: few enough that nobody waits for its locks. */
const BATCH = 500;

/** Deletes in batches, so that being interrupted loses no work: the next run goes on where this one stopped. */
@Injectable()
@JobHandler(CleanupTokens)
export class CleanupTokensHandler implements JobWork<object> {
  constructor(
    private readonly sessions: SessionRecordRepository,
    private readonly tokens: AccountTokenRepository,
  ) {}

  async handle(_: object, { signal }: JobContext): Promise<{ sessions: number; tokens: number }> {
    const before = new Date(Date.now() - KEPT_DAYS * DAY_MS);
    return {
      sessions: await untilDone(signal, () => this.sessions.prune(before, BATCH)),
      tokens: await untilDone(signal, () => this.tokens.deleteExpired(BATCH)),
    };
  }
}

/** @returns how many were deleted in all */
async function untilDone(signal: AbortSignal, deleteBatch: () => Promise<number>): Promise<number> {
  let total = 0;
  let deleted: number;
  do {
    signal.throwIfAborted();
    deleted = await deleteBatch();
    total += deleted;
  } while (deleted === BATCH);
  return total;
}
