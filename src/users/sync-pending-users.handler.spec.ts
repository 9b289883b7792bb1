import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import { AppError } from '../platform/errors/index.js';
import type { JobContext } from '../platform/queue/index.js';
import type { DirectoryAnswer, DirectoryClient } from './directory-client.js';
import { PendingUser } from './dto/user-sync.dto.js';
import { User } from './dto/user.dto.js';
import { SyncPendingUsersHandler } from './sync-pending-users.handler.js';
import type { UserSyncRepository } from './user-sync.repository.js';

const pendingUser = (number: number, attempts = 0): PendingUser =>
  Object.assign(new PendingUser(), {
    user: Object.assign(new User(), { id: `user-${number}`, version: number }),
    attempts,
  });

function sync(
  due: PendingUser[],
  answer: (user: User) => DirectoryAnswer,
  signal = new AbortController().signal,
) {
  const waiting = [...due];
  const pending = strictMock<UserSyncRepository>('UserSyncRepository', {
    listDue: async (limit) => waiting.slice(0, limit),
    markSynced: async (id) =>
      void waiting.splice(
        waiting.findIndex(({ user }) => user.id === id),
        1,
      ),
    recordFailure: async (id) =>
      void waiting.splice(
        waiting.findIndex(({ user }) => user.id === id),
        1,
      ),
  });
  const directory = strictMock<DirectoryClient>('DirectoryClient', {
    isConfigured: true,
    post: async (user) => answer(user),
  });
  const log: string[] = [];
  const context = strictMock<JobContext>('JobContext', { signal, log: (line) => void log.push(line) });
  const handler = new SyncPendingUsersHandler(pending, directory, new ArcanaConfig());
  return { pending, directory, log, waiting, run: () => handler.handle({}, context) };
}

const taken = (): DirectoryAnswer => ({ outcome: 'taken' });
const failed = (retryAfterSecs?: number) => (): DirectoryAnswer => ({
  outcome: 'failed',
  why: 'The directory answered 500.',
  ...(retryAfterSecs && { retryAfterSecs }),
});

describe('the accounts that changed', () => {
  it('are posted, all of them, and marked with the version that was posted', async () => {
    const { pending, run } = sync(
      Array.from({ length: 250 }, (_, number) => pendingUser(number + 1)),
      taken,
    );
    expect(await run()).toEqual({ synced: 250, retried: 0, failed: 0 });
    expect(pending.markSynced).toHaveBeenCalledWith('user-7', 7);
  });

  it.each([
    [0, undefined, 300],
    [1, undefined, 600],
    [3, undefined, 2_400],
    [0, 4_000, 4_000],
    [0, 10, 300],
  ])('after %d failures, told to wait %p s, wait %d s', async (attempts, retryAfter, seconds) => {
    const { pending, log, run } = sync([pendingUser(1, attempts)], failed(retryAfter));
    expect(await run()).toEqual({ synced: 0, retried: 1, failed: 0 });
    expect(pending.recordFailure).toHaveBeenCalledWith('user-1', 1, { retry_in_secs: seconds });
    expect(log).toEqual([`user-1 version 1, attempt ${attempts + 1}: The directory answered 500.`]);
  });

  it('are given up when the attempts are used up, or when the directory will never take them', async () => {
    const last = sync([pendingUser(1, 4)], failed());
    expect(await last.run()).toEqual({ synced: 0, retried: 0, failed: 1 });
    expect(last.pending.recordFailure).toHaveBeenCalledWith('user-1', 1, {});
    const never = sync([pendingUser(1)], () => ({ outcome: 'refused', why: 'The directory answered 422.' }));
    expect(await never.run()).toEqual({ synced: 0, retried: 0, failed: 1 });
  });

  it('wait for the next run, with no attempt used up, while the directory is down', async () => {
    const { pending, waiting, log, run } = sync(
      [1, 2, 3, 4, 5, 6, 7].map((number) => pendingUser(number)),
      () => {
        throw new AppError('SERVICE_UNAVAILABLE');
      },
    );
    expect(await run()).toEqual({ synced: 0, retried: 0, failed: 0 });
    expect(waiting).toHaveLength(7);
    expect(pending.recordFailure).not.toHaveBeenCalled();
    expect(log).toEqual(['The directory is not available; what is left waits for the next run.']);
  });

  it('wait when the worker is asked to stop', async () => {
    const { directory, run } = sync([pendingUser(1)], taken, AbortSignal.abort(new Error('stop')));
    await expect(run()).rejects.toThrow('stop');
    expect(directory.post).not.toHaveBeenCalled();
  });

  it('concern nobody where there is no directory', async () => {
    const directory = strictMock<DirectoryClient>('DirectoryClient', { isConfigured: false });
    const pending = strictMock<UserSyncRepository>('UserSyncRepository');
    const handler = new SyncPendingUsersHandler(pending, directory, new ArcanaConfig());
    expect(
      await handler.handle(
        {},
        strictMock<JobContext>('JobContext', { signal: new AbortController().signal, log: () => undefined }),
      ),
    ).toEqual({
      skipped: 'there is no sync.url',
    });
  });
});
