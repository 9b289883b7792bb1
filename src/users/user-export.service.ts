import { Injectable } from '@nestjs/common';
import { effects } from '../platform/database/index.js';
import { Nothing, nullable, Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { currentPrincipal, permits, PrincipalResolver } from '../platform/security/index.js';
import { ExportFilter, ExportUsersQuery, UserBatch } from './dto/export-users.dto.js';
import { UserExportRepository } from './user-export.repository.js';

/** Accounts per batch: with the largest metadata, they still fit into one message of a link. */
const BATCH = 200;

/** Export of accounts. It is a sequence of calls, each short, so that a slow reader holds neither transaction nor connection. */
@Injectable()
export class UserExportService {
  constructor(
    private readonly accounts: UserExportRepository,
    private readonly callers: PrincipalResolver,
  ) {}

  /** Puts the access on record. To be called, and waited for, before the first batch leaves. */
  @Remote({ args: [ExportUsersQuery], result: Nothing })
  async begin({ format = 'ndjson', ...filter }: ExportUsersQuery): Promise<void> {
    await this.accounts.begin(effects().audited('USERS_EXPORTED', { details: { format, filter } }));
  }

  /**
   * The next accounts after `after`, which is `next` of the batch before, or null for the first ones.
   * @throws UNAUTHORIZED, FORBIDDEN when the caller's session or key ended meanwhile, or lost the right: an export may
   *   take long
   */
  @Remote({ args: [ExportFilter, nullable(String)], result: UserBatch, idempotent: true })
  async next(filter: ExportFilter, after: string | null): Promise<UserBatch> {
    const caller = await this.callers.renew(currentPrincipal());
    if (!permits(caller, 'users:export')) throw new AppError('FORBIDDEN');
    return this.accounts.listAfter(filter, after, BATCH);
  }
}
