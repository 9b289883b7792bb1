import { describe, expect, test } from '@jest/globals';
import { RequestContext } from '../platform/context/index.js';
import { ConcurrencyGate } from './concurrency-gate.js';

const inContext = <T>(init: { deadline?: number; signal?: AbortSignal }, work: () => T): T =>
  RequestContext.run(new RequestContext({ requestId: 'r', protocol: 'http', ...init }), work);

describe('a gate', () => {
  test('lets no more run at once than it may, in the order they came', async () => {
    const gate = new ConcurrencyGate(2, 10);
    const started: number[] = [];
    let running = 0;
    let most = 0;
    const results = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((index) =>
        gate.run(async () => {
          started.push(index);
          most = Math.max(most, ++running);
          await Promise.resolve();
          running--;
          return index;
        }),
      ),
    );
    expect(results).toEqual([0, 1, 2, 3, 4, 5]);
    expect(started).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });

  test('refuses at once when too many wait, and takes work again afterwards', async () => {
    const gate = new ConcurrencyGate(1, 1);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const running = gate.run(() => held);
    const waiting = gate.run(async () => 'waited');
    await expect(gate.run(async () => 'too many')).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      retryAfterSeconds: 2,
    });
    release();
    await running;
    expect(await waiting).toBe('waited');
    expect(await gate.run(async () => 'again')).toBe('again');
  });

  /** A gate whose only place is taken. @returns the order in which waiting work was done, and the end of it */
  async function rush(
    lineLimit: number,
    arrivals: [name: string, share: string, isPreferred?: boolean][],
  ): Promise<{ done: string[]; refused: string[] }> {
    const gate = new ConcurrencyGate(1, lineLimit);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const running = gate.run(() => held);
    const [done, refused]: string[][] = [[], []];
    const all = arrivals.map(([name, share, isPreferred]) =>
      gate
        .run(async () => void done!.push(name), { share, isPreferred })
        .catch(() => void refused!.push(name)),
    );
    release();
    await running;
    await Promise.all(all);
    return { done: done!, refused: refused! };
  }

  test('lets shares take turns, however much each has sent', async () => {
    const { done } = await rush(10, [
      ['a1', 'a'],
      ['a2', 'a'],
      ['a3', 'a'],
      ['b1', 'b'],
      ['c1', 'c'],
      ['b2', 'b'],
    ]);
    expect(done).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  test('takes the places of a full line from the share that has most of them', async () => {
    const flood = Array.from({ length: 8 }, (_, n): [string, string] => [`a${n}`, 'a']);
    const { done, refused } = await rush(4, [...flood, ['b1', 'b'], ['b2', 'b'], ['b3', 'b'], ['c1', 'c']]);
    expect(refused.sort()).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'b3']);
    expect(done.sort()).toEqual(['a0', 'b1', 'b2', 'c1']);
  });

  test('does not let others fill the preferred line, nor that line keep the others from their turn', async () => {
    const flood = Array.from({ length: 9 }, (_, n): [string, string] => [`a${n}`, `share ${n}`]);
    const { done, refused } = await rush(4, [
      ...flood,
      ['p1', 'p', true],
      ['p2', 'p', true],
      ['p3', 'p', true],
      ['p4', 'p', true],
    ]);
    expect(done).toEqual(['p1', 'p2', 'p3', 'a0', 'p4', 'a1', 'a2', 'a3']);
    expect(refused).toEqual(['a4', 'a5', 'a6', 'a7', 'a8']);
  });

  test('gives its place on when the work fails', async () => {
    const gate = new ConcurrencyGate(1, 1);
    const failing = gate.run(() => Promise.reject(new Error('no')));
    const next = gate.run(async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });

  test('computes nothing for a caller who left while waiting', async () => {
    const gate = new ConcurrencyGate(1, 2);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const running = gate.run(() => held);
    const caller = new AbortController();
    let isComputed = false;
    const waiting = inContext({ signal: caller.signal }, () =>
      gate.run(async () => {
        isComputed = true;
      }),
    );
    caller.abort();
    release();
    await running;
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(isComputed).toBe(false);
    expect(await gate.run(async () => 'free')).toBe('free');
  });
});
