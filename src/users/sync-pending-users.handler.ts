import { Injectable } from '@nestjs/common';
import { ArcanaConfig } from '../platform/config/index.js';
import { AppError } from '../platform/errors/index.js';
import { JobHandler, type JobContext, type JobWork } from '../platform/queue/index.js';
import { DirectoryClient, type DirectoryAnswer } from './directory-client.js';
import type { PendingUser } from './dto/user-sync.dto.js';
import { UserSyncRepository } from './user-sync.repository.js';
import { SyncPendingUsers, SYNC_INTERVAL_SECS } from './users.jobs.js';

/** Accounts read at once, and posted at once. */
const BATCH = 100;
const CONCURRENCY = 5;
const MAX_RETRY_SECS = 86_400;

/** How many accounts ended how. */
interface Counts {
  synced: number;
  retried: number;
  failed: number;
}

/**
 * Tells the directory outside of every account that changed. What is posted is the account as it is, so that a change
 * overtaken by another is posted once; running twice posts the same again, which the directory recognises by its id.
 * While the directory is down the rest waits for the next run, and no attempt of theirs is used up.
 */
@Injectable()
@JobHandler(SyncPendingUsers)
export class SyncPendingUsersHandler implements JobWork<object> {
  constructor(
    private readonly pending: UserSyncRepository,
    private readonly directory: DirectoryClient,
    private readonly config: ArcanaConfig,
  ) {}

  async handle(_: object, { signal, log }: JobContext): Promise<object> {
    if (!this.directory.isConfigured) return { skipped: 'there is no sync.url' };
    const counts: Counts = { synced: 0, retried: 0, failed: 0 };
    let isUp = true;
    while (isUp) {
      const due = await this.pending.listDue(BATCH);
      if (due.length === 0) break;
      for (let first = 0; first < due.length && isUp; first += CONCURRENCY) {
        signal.throwIfAborted();
        const group = due.slice(first, first + CONCURRENCY);
        const posted = await Promise.all(group.map((one) => this.#post(one, counts, log)));
        isUp = posted.every(Boolean);
      }
    }
    if (!isUp) log('The directory is not available; what is left waits for the next run.');
    return { ...counts };
  }

  /** @returns whether the directory can be asked at all */
  async #post(
    { user, attempts }: PendingUser,
    counts: Counts,
    log: (line: string) => void,
  ): Promise<boolean> {
    let answer: DirectoryAnswer;
    try {
      answer = await this.directory.post(user);
    } catch (error) {
      if (error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE') return false;
      throw error;
    }
    if (answer.outcome === 'taken') {
      await this.pending.markSynced(user.id, user.version);
      counts.synced++;
      return true;
    }
    const isLast = answer.outcome === 'refused' || attempts + 1 >= this.config.sync.max_attempts;
    const retry_in_secs = isLast ? undefined : delayOf(attempts, answer);
    await this.pending.recordFailure(user.id, user.version, { ...(retry_in_secs && { retry_in_secs }) });
    counts[isLast ? 'failed' : 'retried']++;
    log(`${user.id} version ${user.version}, attempt ${attempts + 1}: ${answer.why}`);
    return true;
  }
}

/** Doubled every time; longer when the directory asks for it. */
function delayOf(attempts: number, answer: DirectoryAnswer): number {
  const asked = answer.outcome === 'failed' ? (answer.retryAfterSecs ?? 0) : 0;
  return Math.min(Math.max(SYNC_INTERVAL_SECS * 2 ** attempts, asked), MAX_RETRY_SECS);
}
