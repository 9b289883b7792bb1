import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { openRedis, RedisScript, type Redis, type RedisClients } from '../../src/platform/redis/index.js';
import { claimRedisDatabase, describeWithRedis } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';

// The first suite of a run starts the servers.
jest.setTimeout(60_000);

const PATIENCE_MS = 20_000;

describe('openRedis', () => {
  it('gives no clients where no URL is configured', () => {
    expect(openRedis({ command_timeout_ms: 1 })).toBeNull();
  });
});

describeWithRedis('RedisClients', () => {
  let proxy: TcpProxy;
  let clients: RedisClients;
  let warn: jest.SpiedFunction<Logger['warn']>;
  let log: jest.SpiedFunction<Logger['log']>;

  beforeEach(async () => {
    proxy = await TcpProxy.start(await claimRedisDatabase());
    clients = openRedis({ url: proxy.url, command_timeout_ms: 500, ping_interval_ms: 100 })!;
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  });
  afterEach(async () => {
    await clients.close(1_000);
    await proxy.stop();
    warn.mockRestore();
    log.mockRestore();
  });

  const whenLost = (client: Redis) => new Promise((resolve) => client.once('close', resolve));

  it('serves commands once it is connected, and refuses them until then', async () => {
    expect(() => clients.requireReady()).toThrow(expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }));
    await expect(clients.producer.ping()).rejects.toThrow('enableOfflineQueue');
    expect(await clients.whenReady(clients.producer, PATIENCE_MS)).toBe(true);
    await expect(clients.requireReady().set('key', 'value')).resolves.toBe('OK');
  });

  it('fails commands of the producer at once when the connection breaks, and never sends them later', async () => {
    await clients.whenReady(clients.producer, PATIENCE_MS);
    proxy.freeze();
    const inFlight = clients.producer.incr('counter');
    proxy.cut();
    await expect(inFlight).rejects.toThrow();
    await expect(clients.producer.incr('counter')).rejects.toThrow('enableOfflineQueue');
    proxy.restore();
    await clients.whenReady(clients.producer, PATIENCE_MS);
    await expect(clients.producer.get('counter')).resolves.toBeNull();
  });

  it('lets commands of a worker wait until the server is back', async () => {
    const worker = clients.worker();
    await clients.whenReady(worker, PATIENCE_MS);
    const lost = whenLost(worker);
    proxy.cut();
    await lost;
    const waiting = worker.set('key', 'value');
    proxy.restore();
    await expect(waiting).resolves.toBe('OK');
  });

  it('leaves a worker alone that blocks on the server for longer than a command of the producer may take', async () => {
    const worker = clients.worker();
    await clients.whenReady(worker, PATIENCE_MS);
    const disturbed = jest.fn();
    worker.once('close', disturbed);
    const seconds = 1.5;
    await expect(worker.blpop('list', seconds)).resolves.toBeNull();
    expect(disturbed).not.toHaveBeenCalled();
  });

  it('gives up a connection that a frozen server no longer answers', async () => {
    await clients.whenReady(clients.producer, PATIENCE_MS);
    const lost = whenLost(clients.producer);
    proxy.freeze();
    await lost;
    expect(() => clients.requireReady()).toThrow(expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }));
  });

  it('logs once that the connection is lost, and once that it is back', async () => {
    await clients.whenReady(clients.producer, PATIENCE_MS);
    proxy.cut();
    for (let attempts = 0; attempts < 3; attempts++) await whenLost(clients.producer);
    proxy.restore();
    await clients.whenReady(clients.producer, PATIENCE_MS);
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual([
      expect.stringContaining('The producer connection is lost'),
    ]);
    expect(log.mock.calls.map(([text]) => String(text))).toEqual(['The producer connection is back.']);
  });

  it.each(['well', 'frozen', 'cut'] as const)('closes in time with a server that is %s', async (state) => {
    const all = [clients.producer, clients.worker(), clients.subscriber()];
    await Promise.all(all.map((client) => clients.whenReady(client, PATIENCE_MS)));
    const closed = Promise.all(all.map(whenLost));
    if (state === 'frozen') proxy.freeze();
    if (state === 'cut') proxy.cut();
    await clients.close(200);
    expect(() => clients.worker()).toThrow(expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }));
    await expect(clients.producer.ping()).rejects.toThrow();
    // A frozen server's connections are cut a moment later; nothing keeps the process alive.
    await closed;
  });

  it('runs a script whether or not the server knows it', async () => {
    await clients.whenReady(clients.producer, PATIENCE_MS);
    const script = new RedisScript(`return {KEYS[1], ARGV[1]} -- ${Math.random()}`);
    for (let n = 0; n < 2; n++) {
      await expect(script.run(clients.producer, ['key'], ['argument'])).resolves.toEqual(['key', 'argument']);
    }
  });
});
