import { jest } from '@jest/globals';
import { CACHE_MS, CHECK_TIMEOUT_MS, HealthRegistry } from './health-registry.js';

const up = () => Promise.resolve();
const down = () => Promise.reject(new Error('postgres://user:secret@host refused'));

describe('the health registry', () => {
  it('is healthy when everything answers', async () => {
    const registry = new HealthRegistry();
    registry.register({ name: 'database', required: true, check: up });
    await expect(registry.report()).resolves.toMatchObject({
      status: 'healthy',
      components: [{ name: 'database', required: true, status: 'healthy', checked_at: expect.any(Date) }],
    });
  });

  it('is degraded without a dependency it can do without, unhealthy without a required one', async () => {
    const registry = new HealthRegistry();
    registry.register({ name: 'redis', required: false, check: down });
    await expect(registry.report()).resolves.toMatchObject({ status: 'degraded' });
    registry.register({ name: 'database', required: true, check: down });
    await expect(registry.report()).resolves.toMatchObject({ status: 'unhealthy' });
  });

  it('says that something is down, never why', async () => {
    const registry = new HealthRegistry();
    registry.register({ name: 'database', required: true, check: down });
    const { components } = await registry.report();
    expect(components[0]!.message).toBe('database does not answer');
    expect(JSON.stringify(components)).not.toContain('secret');
  });

  it('refuses a name that is taken', () => {
    const registry = new HealthRegistry();
    registry.register({ name: 'a', required: true, check: up });
    expect(() => registry.register({ name: 'a', required: true, check: up })).toThrow('registered twice');
  });

  it('tells its listeners of start and drain until they leave', () => {
    const registry = new HealthRegistry();
    const listener = jest.fn();
    const leave = registry.onChange(listener);
    registry.markStarted();
    registry.markDraining();
    leave();
    registry.markDraining();
    expect(listener).toHaveBeenCalledTimes(2);
    expect([registry.started, registry.draining]).toEqual([true, true]);
  });

  describe('over time', () => {
    beforeEach(() => jest.useFakeTimers());
    afterEach(() => jest.useRealTimers());

    it('asks once for any number of probes within the time of its cache', async () => {
      const registry = new HealthRegistry();
      const check = jest.fn(up);
      registry.register({ name: 'database', required: true, check });
      await Promise.all([registry.report(), registry.report()]);
      expect(check).toHaveBeenCalledTimes(1);
      jest.advanceTimersByTime(CACHE_MS + 1);
      await registry.report();
      expect(check).toHaveBeenCalledTimes(2);
    });

    it('asks nobody any more once it drains', async () => {
      const registry = new HealthRegistry();
      const check = jest.fn(up);
      registry.register({ name: 'database', required: true, check });
      const known = await registry.report();
      jest.advanceTimersByTime(CACHE_MS + 1);
      registry.markDraining();
      await expect(registry.report()).resolves.toBe(known);
      expect(check).toHaveBeenCalledTimes(1);
    });

    it('counts a check that never ends as failed', async () => {
      const registry = new HealthRegistry();
      registry.register({ name: 'database', required: true, check: () => new Promise(() => undefined) });
      const report = registry.report();
      await jest.advanceTimersByTimeAsync(CHECK_TIMEOUT_MS);
      await expect(report).resolves.toMatchObject({ status: 'unhealthy' });
    });
  });
});
