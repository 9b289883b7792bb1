import { JobAttempt, JobTimeout, Shutdown, asFailure } from './job-attempt.js';

interface News {
  progress?: number;
  lines?: string[];
}

const attempt = (news: News[] = [], timeoutMs = 60_000, graceMs = 1) =>
  new JobAttempt({
    attempt: 2,
    jobId: 'id',
    correlationId: 'request',
    timeoutMs,
    graceMs,
    onNews: (one) => news.push(one),
  });

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('An attempt at a job', () => {
  it('answers what the work answers, and passes on what it tells', async () => {
    const news: News[] = [];
    const answer = await attempt(news).run(async ({ progress, log, ...context }) => {
      progress(33.4);
      progress(1_000);
      progress(Number.NaN);
      log('one\0line');
      return context;
    });
    expect(answer).toMatchObject({ attempt: 2, jobId: 'id', correlationId: 'request' });
    expect(news).toEqual([
      { progress: 33 },
      { progress: 100 },
      { progress: 0 },
      { lines: ['one\uFFFDline'] },
    ]);
  });

  it('tells only lines that can be stored, be they cut in the middle of a character', async () => {
    const news: News[] = [];
    await attempt(news).run(async ({ log }) => log(`${'x'.repeat(1_999)}\u{1f600}`));
    expect(news[0]?.lines?.[0]?.isWellFormed()).toBe(true);
    expect(asFailure(new Error('\ud800')).message.isWellFormed()).toBe(true);
  });

  it('aborts the signal when its time is up', async () => {
    await expect(attempt([], 1, 60_000).run(({ signal }) => untilAborted(signal))).rejects.toThrow(
      JobTimeout,
    );
  });

  it('takes the answer of work that ends within the grace', async () => {
    const answer = await attempt([], 1, 60_000).run(async ({ signal }) => {
      await untilAborted(signal).catch(() => undefined);
      return 'in time';
    });
    expect(answer).toBe('in time');
  });

  it('leaves work behind that does not stop, and no longer listens to it', async () => {
    const news: News[] = [];
    let late: () => void = () => undefined;
    const running = attempt(news, 1, 1).run(({ log, progress }) => {
      late = () => {
        log('too late');
        progress(99);
      };
      return new Promise<never>(() => undefined);
    });
    await expect(running).rejects.toThrow('Timed out after 1 ms.');
    late();
    expect(news).toEqual([]);
  });

  it('keeps the first reason to stop', async () => {
    const one = attempt();
    const running = one.run(({ signal }) => untilAborted(signal));
    one.abort(new Shutdown(), 60_000);
    one.abort(new JobTimeout(5));
    await expect(running).rejects.toThrow(Shutdown);
  });
});

describe('asFailure', () => {
  it('makes an Error of whatever was thrown', () => {
    expect(asFailure(undefined).message).toBe('Thrown, but no Error: undefined');
    expect(asFailure('text').message).toBe("Thrown, but no Error: 'text'");
    expect(asFailure({ code: 5 }).message).toBe('Thrown, but no Error: { code: 5 }');
    expect(asFailure(new TypeError('')).message).toBe('TypeError');
  });

  it('keeps message and stack, but not a name that the queue reads meaning into', () => {
    const thrown = Object.assign(new Error('with a \0'), { name: 'DelayedError' });
    const failure = asFailure(thrown);
    expect(failure).toMatchObject({ message: 'with a \uFFFD', name: 'Error', cause: thrown });
    expect(failure.stack).toContain('job-attempt.spec');
  });
});
