import { jest } from '@jest/globals';
import { pino } from 'pino';
import { Drain, leastLimit, type DrainStep } from './drain.js';

/** In the order of closing. */
const STEPS: DrainStep[] = [
  'readiness',
  'outbox relay',
  'workers',
  'listeners',
  'management listener',
  'queue',
  'coordination',
  'redis',
  'database',
];
const TOTAL_MS = 25_000;
const hang = (): Promise<never> => new Promise(() => undefined);

describe('the drain', () => {
  let log: { step?: string; msg: string; at: number }[];
  let drain: Drain;

  beforeEach(() => {
    jest.useFakeTimers();
    log = [];
    const write = (line: string): void => void log.push({ ...JSON.parse(line), at: performance.now() });
    drain = new Drain(pino({ base: null }, { write }));
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Adds the steps as a start does: what is closed last comes first. */
  function open(run: (name: DrainStep, limitMs: number) => Promise<unknown>): void {
    for (const name of STEPS.toReversed()) drain.before(name, (limitMs) => run(name, limitMs));
  }

  /** @returns the time in which every step was done with */
  async function close(): Promise<number> {
    const begin = performance.now();
    const closed = drain.run(TOTAL_MS).then(() => performance.now() - begin);
    await jest.advanceTimersByTimeAsync(10 * TOTAL_MS);
    return closed;
  }

  it('closes last what was opened first', async () => {
    const closed: DrainStep[] = [];
    open((name) => Promise.resolve(closed.push(name)));
    expect(await close()).toBe(0);
    expect(closed).toEqual(STEPS);
  });

  it('is done in time when every step hangs, and runs each of them nevertheless', async () => {
    const begun: DrainStep[] = [];
    open((name) => {
      begun.push(name);
      return hang();
    });
    expect(await close()).toBeLessThan(TOTAL_MS);
    expect(begun).toEqual(STEPS);
    expect(log.map(({ step }) => step)).toEqual(STEPS);
    expect(new Set(log.map(({ msg }) => msg))).toEqual(
      new Set(['a step of the shutdown took too long and is left behind']),
    );
  });

  it('leaves nothing behind that keeps its own limit', async () => {
    open((_name, limitMs) => new Promise((resolve) => setTimeout(resolve, limitMs)));
    expect(await close()).toBeLessThan(TOTAL_MS);
    expect(log).toEqual([]);
  });

  it('goes on after a step that fails, and logs why', async () => {
    const closed: DrainStep[] = [];
    open((name) =>
      name === 'queue' ? Promise.reject(new Error('gone')) : Promise.resolve(closed.push(name)),
    );
    await close();
    expect(closed).toEqual(STEPS.filter((name) => name !== 'queue'));
    expect(log).toMatchObject([
      { step: 'queue', err: { message: 'gone' }, msg: 'a step of the shutdown failed' },
    ]);
  });

  it('gives later steps the time that earlier ones left over', async () => {
    const limits = new Map<DrainStep, number>();
    open((name, limitMs) => {
      limits.set(name, limitMs);
      return Promise.resolve();
    });
    await close();
    const hanging = new Map<DrainStep, number>();
    open((name, limitMs) => {
      hanging.set(name, limitMs);
      return hang();
    });
    await close();
    expect(limits.get('database')!).toBeGreaterThan(hanging.get('database')!);
    for (const [name, limitMs] of hanging) {
      expect(limitMs).toBeGreaterThanOrEqual(leastLimit(name, TOTAL_MS));
    }
  });

  it('lets requests run for as long as the default of server.grpc.shutdown_grace_ms', () => {
    expect(leastLimit('listeners', TOTAL_MS)).toBeGreaterThanOrEqual(10_000);
  });
});
