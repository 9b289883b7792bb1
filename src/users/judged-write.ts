import { AppError } from '../platform/errors/index.js';
import { assertCovers } from './account-authority.js';
import type { User } from './dto/user.dto.js';

/** How often a write is tried again that somebody else's write overtook. */
const MAX_ATTEMPTS = 5;

/** What a write is about. */
export interface Judged<T> {
  /** Reads the account as it is now. @throws NOT_FOUND */
  readonly read: () => Promise<User>;
  /** The write is meant for one of these versions alone; absent: for whatever there is. */
  readonly versions: number[] | undefined;
  /** Judges the account and writes with the version that was judged. */
  readonly write: (user: User) => Promise<T>;
}

/**
 * Reads an account, judges it, and writes with the version that was judged: whatever changes in between makes the write
 * miss, and all of it is done again.
 * @throws SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN (FORBIDDEN) when the account may do what the caller may not;
 *   PRECONDITION_FAILED when it has none of `versions`; CONFLICT when others keep changing it; whatever `read` and
 *   `write` throw
 */
export async function writeJudged<T>({ read, versions, write }: Judged<T>): Promise<T> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const user = await read();
    assertCovers(user.role);
    if (versions && !versions.includes(user.version)) throw new AppError('PRECONDITION_FAILED');
    try {
      return await write(user);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'PRECONDITION_FAILED')) throw error;
    }
  }
  throw new AppError('CONFLICT', {
    message: 'Others keep changing this account at the same time; try again.',
    grpc: 'ABORTED',
  });
}
