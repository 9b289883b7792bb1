import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';

/** A Redis server of one's own, to do things to that nobody would do to the run's. Ask inside `describeWithRedis`. */
export class OwnRedis {
  #process: ChildProcess | undefined;

  private constructor(
    private readonly port: number,
    private readonly directory: string,
  ) {}

  static async start(): Promise<OwnRedis> {
    const reserved = createServer().listen(0, '127.0.0.1');
    await once(reserved, 'listening');
    const { port } = reserved.address() as AddressInfo;
    await new Promise((resolve) => reserved.close(resolve));
    const redis = new OwnRedis(port, await mkdtemp(join(tmpdir(), 'arcana-redis-')));
    await redis.run();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it on what it kept, and waits until it answers. */
  async run(): Promise<void> {
    const settings = ['--bind', '127.0.0.1', '--dir', this.directory, '--appendonly', 'yes', '--save', ''];
    this.#process = spawn('redis-server', ['--port', String(this.port), ...settings], { stdio: 'ignore' });
    await eventually('the Redis server', () => this.tell((client) => client.ping()).catch(() => undefined));
  }

  /** Runs commands on a connection of their own. */
  async tell<T>(commands: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.url, { lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await commands(client);
    } finally {
      client.disconnect();
    }
  }

  async kill(): Promise<void> {
    const ended = once(this.#process!, 'exit');
    this.#process!.kill('SIGKILL');
    await ended;
  }

  /** It answers nothing, and closes nothing. */
  freeze(): void {
    this.#process!.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process!.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}
