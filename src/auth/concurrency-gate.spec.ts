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
