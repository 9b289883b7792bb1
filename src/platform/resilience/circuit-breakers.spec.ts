import { jest } from '@jest/globals';
import { Registry } from 'prom-client';
import { CircuitBreakers } from './circuit-breakers.js';

const options = { maxConcurrent: 2, isFailure: (error: unknown) => (error as Error).message === 'down' };
const down = () => Promise.reject(new Error('down'));
const refused = () => Promise.reject(new Error('refused'));
const fine = () => Promise.resolve('fine');

describe('a circuit breaker', () => {
  let registry: Registry;
  let breakers: CircuitBreakers;

  beforeEach(() => {
    jest.useFakeTimers();
    registry = new Registry();
    breakers = new CircuitBreakers(registry);
  });

  afterEach(() => {
    breakers.onApplicationShutdown();
    jest.useRealTimers();
  });

  const state = async () => (await registry.getSingleMetric('arcana_circuit_breaker_state')!.get()).values;
  const failing = async (work: () => Promise<unknown>, times: number) => {
    for (let n = 0; n < times; n++) await expect(breakers.run('directory', options, work)).rejects.toThrow();
  };

  it('opens while most calls fail, then lets one probe through, and closes when that succeeds', async () => {
    await failing(down, 5);
    const work = jest.fn(fine);
    await expect(breakers.run('directory', options, work)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      retryAfterSeconds: 10,
    });
    expect(work).not.toHaveBeenCalled();
    expect(await state()).toMatchObject([{ labels: { dependency: 'directory' }, value: 2 }]);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(await state()).toMatchObject([{ value: 1 }]);
    const answers = await Promise.allSettled([1, 2, 3].map(() => breakers.run('directory', options, work)));
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await state()).toMatchObject([{ value: 0 }]);
    await expect(breakers.run('directory', options, fine)).resolves.toBe('fine');
  });

  it('stays closed for errors that say nothing about the dependency', async () => {
    await failing(refused, 20);
    await expect(breakers.run('directory', options, fine)).resolves.toBe('fine');
  });

  it('refuses at once what goes beyond the calls it allows at a time', async () => {
    let release: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => (release = resolve));
    const running = [1, 2].map(() => breakers.run('directory', options, () => hanging));
    await expect(breakers.run('directory', options, fine)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      retryAfterSeconds: 1,
    });
    release();
    await Promise.all(running);
    await expect(breakers.run('directory', options, fine)).resolves.toBe('fine');
  });

  it('is one for each dependency', async () => {
    await failing(down, 5);
    await expect(breakers.run('other', options, fine)).resolves.toBe('fine');
  });
});
