import { Injectable } from '@nestjs/common';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { RequestContext } from '../../src/platform/context/index.js';
import { JobHandler, defineJob, type JobContext, type JobWork } from '../../src/platform/queue/index.js';

const ACTIONS = [
  'succeed',
  'fail',
  'fail once',
  'throw undefined',
  'answer a BigInt',
  'tell',
  'wait',
  'never end',
] as const;

export class TestWorkData {
  /** Which piece of work; never shared between tests. */
  @IsString()
  label: string;

  @IsOptional()
  @IsIn(ACTIONS)
  action?: (typeof ACTIONS)[number];
}

const shared = { schema: TestWorkData, enqueuePermission: 'jobs:enqueue' } as const;

/** Three attempts, quickly one after the other. */
export const TestWork = defineJob({
  ...shared,
  type: 'test.work',
  queue: 'test',
  retry: { strategy: 'fixed', attempts: 3, delayMs: 20, jitter: 0 },
});

/** One attempt, and little time for it. */
export const TestBriefWork = defineJob({
  ...shared,
  type: 'test.brief_work',
  queue: 'test',
  retry: { attempts: 1 },
  timeoutMs: 50,
});

/** Nobody may enqueue it from outside. */
export const TestInternalWork = defineJob({ type: 'test.internal', queue: 'test', schema: TestWorkData });

export interface Run {
  readonly label: string;
  readonly attempt: number;
  readonly jobId: string;
  readonly context: RequestContext | undefined;
}

/** Does what the payload says, and lets a test wait for it. */
@Injectable()
export class TestWorkDone {
  readonly runs: Run[] = [];
  readonly #waiting: { label: string; resolve: (run: Run) => void }[] = [];
  readonly #held = new Map<string, () => void>();

  /** Resolves when the work next starts. */
  started(label: string): Promise<Run> {
    return new Promise((resolve) => this.#waiting.push({ label, resolve }));
  }

  /** Lets work whose action is `wait` go on. */
  release(label: string): void {
    this.#held.get(label)?.();
  }

  attemptsAt(label: string): number[] {
    return this.runs.filter((run) => run.label === label).map(({ attempt }) => attempt);
  }

  async perform({ label, action = 'succeed' }: TestWorkData, context: JobContext): Promise<object> {
    const { attempt, jobId, signal } = context;
    const run: Run = { label, attempt, jobId, context: RequestContext.current() };
    const held = new Promise<void>((resolve, reject) => {
      this.#held.set(label, resolve);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
    held.catch(() => undefined);
    this.runs.push(run);
    for (const waiting of this.#waiting.filter((one) => one.label === label)) waiting.resolve(run);
    if (action === 'fail' || (action === 'fail once' && attempt === 1)) throw new Error(`${label} failed`);

    if (action === 'throw undefined') throw undefined;
    if (action === 'answer a BigInt') return { answer: 1n };
    if (action === 'wait') await held;
    if (action === 'never end') await new Promise(() => undefined);
    if (action === 'tell') {
      context.log('half way');
      context.progress(50);
    }
    return { label };
  }
}

@Injectable()
@JobHandler(TestWork)
export class TestWorkHandler implements JobWork<TestWorkData> {
  constructor(private readonly done: TestWorkDone) {}

  handle(data: TestWorkData, context: JobContext): Promise<object> {
    return this.done.perform(data, context);
  }
}

@Injectable()
@JobHandler(TestInternalWork)
export class TestInternalWorkHandler extends TestWorkHandler {}

@Injectable()
@JobHandler(TestBriefWork)
export class TestBriefWorkHandler implements JobWork<TestWorkData> {
  constructor(private readonly done: TestWorkDone) {}

  handle(data: TestWorkData, context: JobContext): Promise<object> {
    return this.done.perform(data, context);
  }
}
