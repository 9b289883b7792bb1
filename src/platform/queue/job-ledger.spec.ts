import { Logger } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { JobLedger } from './job-ledger.js';
import { JobRecorder, sequenceOf, type JobSnapshot } from './job-recorder.js';

const snapshot = (id: string, changes: Partial<JobSnapshot> = {}): JobSnapshot => ({
  id,
  sequence: 0,
  queue: 'unit',
  type: 'unit.ledger',
  version: 1,
  state: 'PENDING',
  priority: 'normal',
  payload: { of: id },
  tags: [],
  correlation_id: 'request',
  attempts_made: 0,
  max_attempts: 3,
  created_at: new Date(0),
  ...changes,
});

class FakeRecorder extends JobRecorder {
  readonly calls: JobSnapshot[][] = [];
  readonly contexts: (RequestContext | undefined)[] = [];
  /** Decides whether a call fails. */
  fails: (snapshots: JobSnapshot[]) => Error | undefined = () => undefined;

  override record(snapshots: JobSnapshot[]): Promise<void> {
    const error = this.fails(snapshots);
    if (error !== undefined) return Promise.reject(error);
    this.calls.push(snapshots);
    this.contexts.push(RequestContext.current());
    return Promise.resolve();
  }
}

describe('JobLedger', () => {
  beforeAll(() => Logger.overrideLogger(false));

  let recorder: FakeRecorder;
  let ledger: JobLedger;

  beforeEach(() => {
    recorder = new FakeRecorder();
    ledger = new JobLedger({ get: () => recorder } as unknown as ModuleRef);
    ledger.onModuleInit();
  });

  afterEach(() => ledger.stop(0));

  it('refuses to boot when nothing keeps records', () => {
    const modules = {
      get: () => {
        throw new Error('not found');
      },
    } as unknown as ModuleRef;
    expect(() => new JobLedger(modules).onModuleInit()).toThrow(
      'Nothing keeps the record of jobs: let a feature provide the port JobRecorder.',
    );
  });

  it('records in one call what happened to many jobs, once each', async () => {
    ledger.note(snapshot('a'));
    ledger.note(snapshot('b'));
    ledger.note(
      snapshot('a', { sequence: sequenceOf(1, 0), state: 'RUNNING', payload: undefined, lines: ['one'] }),
    );
    ledger.note(
      snapshot('a', {
        sequence: sequenceOf(1, 'end'),
        state: 'COMPLETED',
        payload: undefined,
        lines: ['two'],
      }),
    );
    await ledger.flush();
    expect(recorder.calls).toHaveLength(1);
    const [[a, b]] = recorder.calls as [[JobSnapshot, JobSnapshot]];
    expect(a).toMatchObject({ id: 'a', state: 'COMPLETED', payload: { of: 'a' }, lines: ['one', 'two'] });
    expect(b).toMatchObject({ id: 'b', state: 'PENDING' });
  });

  it('lets the later moment stand, whatever the order in which they are told', async () => {
    ledger.note(
      snapshot('a', {
        sequence: sequenceOf(1, 'end'),
        state: 'COMPLETED',
        payload: undefined,
        progress: 100,
      }),
    );
    ledger.note(snapshot('a', { sequence: sequenceOf(1, 0), state: 'RUNNING', started_at: new Date(5) }));
    await ledger.flush();
    expect(recorder.calls[0]![0]).toMatchObject({
      state: 'COMPLETED',
      started_at: new Date(5),
      payload: { of: 'a' },
    });
  });

  it('keeps an error over the next attempt, until one succeeds', async () => {
    ledger.note(
      snapshot('a', { sequence: sequenceOf(1, 'end'), state: 'FAILED', error: 'first', progress: 40 }),
    );
    ledger.note(snapshot('a', { sequence: sequenceOf(2, 0), state: 'RUNNING' }));
    ledger.note(snapshot('b', { sequence: sequenceOf(1, 'end'), state: 'FAILED', error: 'first' }));
    ledger.note(snapshot('b', { sequence: sequenceOf(2, 'end'), state: 'COMPLETED' }));
    await ledger.flush();
    const [a, b] = recorder.calls[0]!;
    expect(a).toMatchObject({ state: 'RUNNING', error: 'first' });
    expect(a!.progress).toBeUndefined();
    expect(b!.error).toBeUndefined();
  });

  it('keeps what could not be recorded, with what came later', async () => {
    recorder.fails = () => new AppError('SERVICE_UNAVAILABLE');
    ledger.note(snapshot('a'));
    await ledger.flush();
    ledger.note(snapshot('a', { sequence: sequenceOf(1, 0), state: 'RUNNING', payload: undefined }));
    recorder.fails = () => undefined;
    await ledger.flush();
    expect(recorder.calls).toEqual([
      [expect.objectContaining({ id: 'a', state: 'RUNNING', payload: { of: 'a' } })],
    ]);
  });

  it('records the others when one cannot be', async () => {
    recorder.fails = (snapshots) =>
      snapshots.some(({ id }) => id === 'bad') ? new Error('unstorable') : undefined;
    for (const id of ['a', 'bad', 'b', 'c']) ledger.note(snapshot(id));
    await ledger.flush();
    expect(
      recorder.calls
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['a', 'b', 'c']);
  });

  it('records everything noted, however much', async () => {
    for (let number = 0; number < 450; number++) ledger.note(snapshot(`job ${number}`));
    await ledger.flush();
    expect(recorder.calls.map((call) => call.length)).toEqual([200, 200, 50]);
  });

  it('works in a context of its own: nobody’s deadline applies', async () => {
    const expired = new RequestContext({ requestId: 'request', protocol: 'http', deadline: 1 });
    RequestContext.run(expired, () => ledger.note(snapshot('a')));
    await RequestContext.run(expired, () => ledger.flush());
    expect(recorder.contexts[0]).toMatchObject({ protocol: 'system', deadline: undefined });
  });

  it('records the rest when it stops', async () => {
    ledger.note(snapshot('a'));
    await ledger.stop(1_000);
    expect(recorder.calls).toHaveLength(1);
  });

  it('passes by what waits when asked to', async () => {
    ledger.note(snapshot('a'));
    await ledger.record([snapshot('b')]);
    await ledger.record([]);
    expect(recorder.calls).toEqual([[expect.objectContaining({ id: 'b' })]]);
  });
});
