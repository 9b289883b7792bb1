import { describe, expect, jest, test } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import { MAX_WAITING, QuestionBatch } from './question-batch.js';

interface Session {
  id: string;
}
const session = (id: string): Session => ({ id });
const idOf = ({ id }: Session): string => id;

describe('questions', () => {
  test('that come together share one statement, and each gets its own answer', async () => {
    const ask = jest.fn(async (ids: string[]) =>
      ids
        .filter((id) => id !== 'dead')
        .map(session)
        .reverse(),
    );
    const batch = new QuestionBatch(ask, idOf);
    const answers = await Promise.all(['a', 'b', 'dead', 'a'].map((id) => batch.find(id)));
    expect(answers.map((answer) => answer?.id)).toEqual(['a', 'b', undefined, 'a']);
    expect(ask.mock.calls).toEqual([[['a', 'b', 'dead']]]);
  });

  test('are refused at once when too many wait for a database that does not answer, and taken when it does', async () => {
    const answer = Promise.withResolvers<Session[]>();
    const batch = new QuestionBatch((ids) => answer.promise.then(() => ids.map(session)), idOf);
    const first = batch.find('first');
    await new Promise(setImmediate);
    const waiting = Array.from({ length: MAX_WAITING }, (_, n) => batch.find(String(n)));
    await expect(batch.find('late')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    answer.resolve([]);
    expect(await Promise.all([first, ...waiting])).toHaveLength(MAX_WAITING + 1);
    expect(await batch.find('later')).toEqual(session('later'));
  });

  test('that come after a statement was sent are not answered by it', async () => {
    let isAlive = true;
    const sent: PromiseWithResolvers<Session[]>[] = [];
    const batch = new QuestionBatch(
      () => {
        const answer = Promise.withResolvers<Session[]>();
        const seen = isAlive ? [session('a')] : [];
        sent.push({ ...answer, resolve: () => answer.resolve(seen) });
        return answer.promise;
      },
      idOf,
      1,
    );
    const before = batch.find('a');
    await new Promise(setImmediate);
    isAlive = false;
    const after = batch.find('a');
    sent[0]!.resolve([]);
    expect(await before).not.toBeNull();
    await new Promise(setImmediate);
    sent[1]!.resolve([]);
    expect(await after).toBeNull();
  });

  test('wait for more when many shared the last statement, and not when one asked alone', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
    try {
      const ask = jest.fn(async (ids: string[]) => ids.map(session));
      const batch = new QuestionBatch(ask, idOf);
      await batch.find('alone');
      await Promise.all(Array.from({ length: 30 }, (_, index) => batch.find(String(index))));
      expect(ask).toHaveBeenCalledTimes(2);
      const later = Promise.all(['a', 'b'].map((id) => batch.find(id)));
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      expect(ask).toHaveBeenCalledTimes(2);
      await jest.advanceTimersByTimeAsync(10);
      await later;
      expect(ask).toHaveBeenLastCalledWith(['a', 'b']);
    } finally {
      jest.useRealTimers();
    }
  });

  test('do not wait for a statement that never ends', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
    try {
      const ask = jest.fn(async (ids: string[]) => ids.map(session));
      ask.mockReturnValueOnce(new Promise(() => undefined));
      const batch = new QuestionBatch(ask, idOf);
      void batch.find('lost');
      await new Promise(setImmediate);
      const next = batch.find('next');
      await new Promise(setImmediate);
      expect(ask).toHaveBeenCalledTimes(1);
      await jest.advanceTimersByTimeAsync(100);
      expect(await next).toEqual(session('next'));
      expect(await batch.find('after')).toEqual(session('after'));
    } finally {
      jest.useRealTimers();
    }
  });

  test('more than fit into one statement are asked for in several', async () => {
    const ask = jest.fn(async (ids: string[]) => ids.map(session));
    const batch = new QuestionBatch(ask, idOf);
    const ids = Array.from({ length: 450 }, (_, index) => String(index));
    const answers = await Promise.all(ids.map((id) => batch.find(id)));
    expect(answers.map((answer) => answer?.id)).toEqual(ids);
    expect(ask.mock.calls.map(([asked]) => asked.length)).toEqual([200, 200, 50]);
  });

  test('fail together when their statement fails, and the next ones are asked again', async () => {
    const ask = jest.fn(async (ids: string[]) => ids.map(session)).mockRejectedValueOnce(new Error('down'));
    const batch = new QuestionBatch(ask, idOf);
    const failed = await Promise.allSettled([batch.find('a'), batch.find('b')]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await batch.find('a')).toEqual(session('a'));
  });

  test('run outside the context of whoever came first', async () => {
    const storage = new AsyncLocalStorage<string>();
    let seen: string | undefined = 'not asked';
    const batch = new QuestionBatch(async (ids) => {
      seen = storage.getStore();
      return ids.map(session);
    }, idOf);
    const inside = await storage.run('request', async () => [await batch.find('a'), storage.getStore()]);
    expect(seen).toBeUndefined();
    expect(inside[1]).toBe('request');
  });
});
