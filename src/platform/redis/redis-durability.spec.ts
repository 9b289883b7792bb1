import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { RedisClients } from './redis-clients.js';
import { checkRedisDurability } from './redis-durability.js';

type Settings = Record<string, string> | Error;

/** Clients of a server with these settings; none: it cannot be reached. */
const clientsOf = (settings?: Settings) =>
  ({
    producer: {
      config: async (_: 'GET', name: string) => {
        if (settings instanceof Error) throw settings;
        return settings![name] === undefined ? [] : [name, settings![name]];
      },
    },
    whenReady: async () => settings !== undefined,
  }) as unknown as RedisClients;

const DURABLE = { appendonly: 'yes', 'maxmemory-policy': 'noeviction' };
const production = { production: true, acceptVolatile: false, timeoutMs: 1 };

describe('checkRedisDurability', () => {
  let warn: jest.SpiedFunction<Logger['warn']>;

  beforeEach(() => {
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  });
  afterEach(() => {
    warn.mockRestore();
  });

  it('accepts a Redis that keeps what it acknowledged', async () => {
    await checkRedisDurability(clientsOf(DURABLE), production);
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([
    [{ ...DURABLE, appendonly: 'no' }, 'appendonly no'],
    [{ ...DURABLE, 'maxmemory-policy': 'allkeys-lru' }, 'maxmemory-policy allkeys-lru'],
  ])('refuses %p in production, naming the fix', async (settings, fault) => {
    const check = checkRedisDurability(clientsOf(settings), production);
    await expect(check).rejects.toThrow(fault);
    await expect(check).rejects.toThrow('queue.accept_volatile_redis');
  });

  it.each([{ production: false }, { acceptVolatile: true }])('only warns with %p', async (options) => {
    await checkRedisDurability(clientsOf({ ...DURABLE, appendonly: 'no' }), { ...production, ...options });
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['does not show its configuration', new Error("ERR unknown command 'CONFIG'")],
    ['cannot be reached', undefined],
  ])('only warns when Redis %s', async (text, settings) => {
    await checkRedisDurability(clientsOf(settings), production);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining(text));
  });
});
