import { strictMock } from '../../test/support/strict-mock.js';
import { AppError } from '../platform/errors/index.js';
import { UserImport } from './dto/user-import.dto.js';
import { ImportUsersHandler } from './import-users.handler.js';
import type { UserImportService } from './user-import.service.js';
import { ImportUsers } from './users.jobs.js';

const LAST = ImportUsers.retry.attempts;

const at = (processed: number, state: UserImport['state'] = 'RUNNING'): UserImport =>
  Object.assign(new UserImport(), { state, rows: 4, processed, created: processed, refused: 0 });

/** @param answers what becomes of one chunk after the other; the last of them again and again */
function job(answers: (UserImport | Error)[], { attempt = 1, busy = 0, stop = new AbortController() } = {}) {
  let waits = busy;
  const imports = strictMock<UserImportService>('UserImportService', {
    mustWait: async () => waits-- > 0,
    advance: async () => {
      const next = answers.length > 1 ? answers.shift()! : answers[0]!;
      if (next instanceof Error) throw next;
      return next;
    },
    giveUp: async () => at(0, 'FAILED'),
  });
  const progress: number[] = [];
  const context = {
    signal: stop.signal,
    attempt,
    jobId: 'job',
    correlationId: 'request',
    progress: (percent: number) => void progress.push(percent),
    log: () => undefined,
  };
  const run = (): Promise<object> => new ImportUsersHandler(imports).handle({ import_id: 'one' }, context);
  return { imports, progress, run };
}

describe('the job of an import', () => {
  it('goes from chunk to chunk and tells how far it is', async () => {
    const { run, progress } = job([at(1), at(2), at(4, 'COMPLETED')]);
    expect(await run()).toEqual({ import_id: 'one', state: 'COMPLETED', rows: 4, created: 4, refused: 0 });
    expect(progress).toEqual([25, 50, 100]);
  });

  it('ends without a fault when the import was stopped', async () => {
    expect(await job([at(1), at(1, 'STOPPED')]).run()).toMatchObject({ state: 'STOPPED' });
  });

  it('lets what earlier chunks caused go first', async () => {
    const { run, imports } = job([at(4, 'COMPLETED')], { busy: 2 });
    await run();
    expect([imports.mustWait.mock.calls.length, imports.advance.mock.calls.length]).toEqual([3, 1]);
  });

  it('tries a chunk again whose importer changed under it, five times at most', async () => {
    const overtaken = new AppError('PRECONDITION_FAILED');
    expect(await job([overtaken, overtaken, at(4, 'COMPLETED')]).run()).toMatchObject({ created: 4 });
    const { run, imports } = job([overtaken]);
    await expect(run()).rejects.toBe(overtaken);
    expect(imports.advance).toHaveBeenCalledTimes(5);
  });

  it('gives the import up with its last attempt, and not before', async () => {
    const away = new AppError('SERVICE_UNAVAILABLE');
    for (const [attempt, times] of [
      [LAST - 1, 0],
      [LAST, 1],
    ] as const) {
      const { run, imports } = job([away], { attempt });
      await expect(run()).rejects.toBe(away);
      expect(imports.giveUp).toHaveBeenCalledTimes(times);
    }
  });

  it('fails as it did when giving up fails, too', async () => {
    const away = new AppError('SERVICE_UNAVAILABLE');
    const { run, imports } = job([away], { attempt: LAST });
    imports.giveUp.mockRejectedValue(new Error('away as well'));
    await expect(run()).rejects.toBe(away);
  });

  it.each([0, 1_000])('stops when the process shuts down, and gives nothing up (waits: %s)', async (busy) => {
    const stop = new AbortController();
    const { run, imports } = job([at(1)], { attempt: LAST, busy, stop });
    imports.advance.mockImplementation(async () => {
      stop.abort(new Error('shutdown'));
      return at(1);
    });
    if (busy > 0) setImmediate(() => stop.abort(new Error('shutdown')));
    await expect(run()).rejects.toThrow();
    expect(imports.giveUp).not.toHaveBeenCalled();
    expect(imports.advance.mock.calls.length).toBe(busy > 0 ? 0 : 1);
  });
});
