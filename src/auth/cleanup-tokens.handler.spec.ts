import { strictMock } from '../../test/support/strict-mock.js';
import type { JobContext } from '../platform/queue/index.js';
import type { AccountTokenRepository } from '../users/index.js';
import { CleanupTokensHandler } from './cleanup-tokens.handler.js';
import type { SessionRecordRepository } from './session-record.repository.js';

function cleanup(sessionBatches: number[], tokenBatches: number[], signal = new AbortController().signal) {
  const sessions = strictMock<SessionRecordRepository>('SessionRecordRepository', {
    prune: async () => sessionBatches.shift()!,
  });
  const tokens = strictMock<AccountTokenRepository>('AccountTokenRepository', {
    deleteExpired: async () => tokenBatches.shift()!,
  });
  const run = () =>
    new CleanupTokensHandler(sessions, tokens).handle({}, strictMock<JobContext>('JobContext', { signal }));
  return { sessions, tokens, run };
}

describe('what is worth nothing any more', () => {
  it('is deleted batch by batch until none is left: sessions a week after their end, tokens at once', async () => {
    const { sessions, tokens, run } = cleanup([500, 500, 3], [500, 0]);
    expect(await run()).toEqual({ sessions: 1_003, tokens: 500 });
    const [before, limit] = sessions.prune.mock.calls[0]!;
    expect(limit).toBe(500);
    const days = (Date.now() - before.getTime()) / 86_400_000;
    expect(days).toBeGreaterThanOrEqual(7);
    expect(days).toBeLessThan(7.01);
    expect(tokens.deleteExpired).toHaveBeenCalledTimes(2);
  });

  it('waits for the next run when the worker is asked to stop', async () => {
    const { sessions, run } = cleanup([500], [], AbortSignal.abort(new Error('stop')));
    await expect(run()).rejects.toThrow('stop');
    expect(sessions.prune).not.toHaveBeenCalled();
  });
});
