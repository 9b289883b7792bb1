import { jest } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Lease } from '../../src/platform/coordination/index.js';
import { describeWithRedis } from '../support/redis.js';
import {
  onPostgres,
  onRedis,
  type OpenedCoordination,
  type Technology,
} from './coordination/technologies.js';

// The first suite of a run starts the servers.
jest.setTimeout(60_000);

interface Told {
  event: 'acquired' | 'lost' | 'released';
  fence: number;
}

const TTL_MS = 1_000;
const PATIENCE_MS = 20_000;

/** A process that holds a lock. */
class Holder {
  readonly #lines: AsyncIterator<string>;

  constructor(readonly child: ChildProcess) {
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  /** What it tells next. */
  async told(): Promise<Told> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('The holder has ended.');
    return JSON.parse(value) as Told;
  }
}

/** One holder at a time also when holders die, freeze, or come back. */
function lockBetweenProcesses(kind: 'postgres' | 'redis', technology: Technology): void {
  const children: ChildProcess[] = [];
  let url: string;
  let name: string;
  let here: OpenedCoordination;

  const startHolder = (): Holder => {
    const child = spawn(
      process.execPath,
      [
        `--import=${resolve('test/support/dist-from-source.mjs')}`,
        resolve('test/integration/coordination/lock-holder.ts'),
        ...[kind, url, name, String(TTL_MS)],
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    children.push(child);
    return new Holder(child);
  };
  /** Waits for the lock, and says with which fence it was had. */
  const takeOver = (): Promise<number> =>
    here.coordination.lock.withLock(
      name,
      { ttlMs: TTL_MS, waitMs: PATIENCE_MS },
      async ({ fence }: Lease) => fence,
    );

  beforeAll(async () => {
    url = await technology.url();
    here = await technology.open(url);
  });
  afterAll(() => here.close());
  beforeEach(() => {
    name = `test.${randomUUID()}`;
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('passes on when its holder releases it', async () => {
    const holder = startHolder();
    const { fence } = await holder.told();
    await expect(here.coordination.lock.tryAcquire(name, { ttlMs: TTL_MS })).resolves.toBeNull();
    holder.child.stdin!.write('release\n');
    await expect(holder.told()).resolves.toEqual({ event: 'released', fence });
    await expect(takeOver()).resolves.toBeGreaterThan(fence);
  });

  it('passes on when its holder is killed', async () => {
    const holder = startHolder();
    const { fence } = await holder.told();
    holder.child.kill('SIGKILL');
    await expect(takeOver()).resolves.toBeGreaterThan(fence);
  });

  it('passes on when its holder is frozen, who learns of it on waking and cannot disturb the next', async () => {
    const holder = startHolder();
    const { fence } = await holder.told();
    holder.child.kill('SIGSTOP');
    const next = await here.coordination.lock.withLock(
      name,
      { ttlMs: TTL_MS, waitMs: PATIENCE_MS },
      async (lease) => {
        holder.child.kill('SIGCONT');
        await expect(holder.told()).resolves.toEqual({ event: 'lost', fence });
        expect(lease.isHeld).toBe(true);
        await expect(here.coordination.lock.tryAcquire(name, { ttlMs: TTL_MS })).resolves.toBeNull();
        return lease.fence;
      },
    );
    expect(next).toBeGreaterThan(fence);
  });
}

describe('Lock between processes on PostgreSQL', () => {
  lockBetweenProcesses('postgres', onPostgres);
});

describeWithRedis('Lock between processes on Redis', () => {
  lockBetweenProcesses('redis', onRedis);
});
