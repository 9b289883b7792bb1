import { effects, type Effects } from '../platform/database/index.js';
import type { ImportedAccount, UserImport } from './dto/user-import.dto.js';
import { UserCreated } from './users.events.js';
import { SetPasswordEmail } from './users.jobs.js';

/** What the accounts of a chunk cause: only the transaction that makes them knows which they are. */
export function accountsMade(run: UserImport, accounts: readonly ImportedAccount[]): Effects {
  const caused = effects();
  for (const { id, row, name, email, role } of accounts) {
    caused.event(UserCreated, { user_id: id, role });
    if (run.send_invitations) caused.job(SetPasswordEmail, { user_id: id }, { priority: 'low' });
    caused.audited('USER_CREATED', {
      target: id,
      details: { after: { name, email, role }, import_id: run.id, row },
    });
  }
  return caused;
}

/** The end of an import: on record with its figures, as they stand after the last chunk. */
export const importOver = ({ id, state, rows, created, refused }: UserImport): Effects =>
  effects().audited('USERS_IMPORT_ENDED', { target: id, details: { state, rows, created, refused } });
