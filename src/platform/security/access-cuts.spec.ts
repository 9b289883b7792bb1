import { jest } from '@jest/globals';
import { strictMock } from '../../../test/support/strict-mock.js';
import type { Cache } from '../cache/index.js';
import { ACCESS_MEMORY_MS, AccessCuts } from './access-cuts.js';

const ID = '01980C5E-7D5A-7C3E-9B1A-3F2D1C0B9A87';

describe('a cut', () => {
  afterEach(() => jest.useRealTimers());

  it.each([
    ['ofSession', `session:${ID.toLowerCase()}`],
    ['ofUser', `user:${ID.toLowerCase()}`],
    ['ofProfile', `user:${ID.toLowerCase()}`],
  ] as const)('%s makes what depends on it worthless, whatever the case of its id', async (method, tag) => {
    const cache = strictMock<Cache>('Cache', { invalidate: async () => true });
    await new AccessCuts(cache)[method](ID);
    expect(cache.invalidate).toHaveBeenCalledWith([tag]);
  });

  it.each(['ofSession', 'ofUser'] as const)(
    '%s lasts until everything remembered has ended when the cache cannot be told',
    async (method) => {
      jest.useFakeTimers();
      const cache = strictMock<Cache>('Cache', { invalidate: async () => false });
      const done = jest.fn();
      const cut = new AccessCuts(cache)[method](ID).then(done);
      await jest.advanceTimersByTimeAsync(ACCESS_MEMORY_MS);
      expect(done).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(1_000);
      await cut;
      expect(done).toHaveBeenCalled();
    },
  );

  it('of a profile is not waited for', async () => {
    const cache = strictMock<Cache>('Cache', { invalidate: async () => false });
    await expect(new AccessCuts(cache).ofProfile(ID)).resolves.toBeUndefined();
  });
});
