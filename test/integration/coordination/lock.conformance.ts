import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Lease, Lock } from '../../../src/platform/coordination/index.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

/** One technology under the port. */
export interface LockTechnology {
  /** URL of the real server. */
  url(): Promise<string>;
  /** A lock as a process of its own would have it, ready for use; closed with everything below it. */
  open(url: string): Promise<{ lock: Lock; close(): Promise<void> }>;
}

const LONG = { ttlMs: 30_000 };
/** Short enough to run out in a test. */
const SHORT = { ttlMs: 300 };
/** Outlives what a busy machine may keep a process from renewing. */
const RENEWED = { ttlMs: 2_000 };
const PATIENCE_MS = 20_000;

const aborted = async (lease: Lease): Promise<void> => {
  if (!lease.signal.aborted) await once(lease.signal, 'abort');
};

/** What every adapter of `Lock` does. */
export function lockConformance(technology: LockTechnology): void {
  const opened: { close(): Promise<void> }[] = [];
  let url: string;
  let name: string;
  let here: Lock;
  let there: Lock;

  const open = async (at: string): Promise<Lock> => {
    const { lock, close } = await technology.open(at);
    opened.push({ close });
    return lock;
  };

  beforeAll(async () => {
    url = await technology.url();
  });
  beforeEach(async () => {
    name = `test.${randomUUID()}`;
    here = await open(url);
    there = await open(url);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
  });

  it('gives a lock to one of many who ask at once', async () => {
    const asked = Array.from({ length: 20 }, (_, index) => (index % 2 ? here : there).tryAcquire(name, LONG));
    const leases = (await Promise.all(asked)).filter((lease) => lease !== null);
    expect(leases).toHaveLength(1);
    expect(leases[0]).toMatchObject({ name, isHeld: true });
  });

  it('refuses a second holder in the same process', async () => {
    await here.tryAcquire(name, LONG);
    await expect(here.tryAcquire(name, LONG)).resolves.toBeNull();
  });

  it('holds locks of different names side by side', async () => {
    const [one, two] = await Promise.all([here.tryAcquire(name, LONG), here.tryAcquire(`${name}.b`, LONG)]);
    expect(one).not.toBeNull();
    expect(two).not.toBeNull();
  });

  it('can be had by another after release, with a greater fence each time', async () => {
    const fences: number[] = [];
    for (const lock of [here, there, here, there]) {
      const lease = await lock.tryAcquire(name, LONG);
      fences.push(lease!.fence);
      await lease!.release();
      expect(lease!.isHeld).toBe(false);
      expect(lease!.signal.aborted).toBe(false);
    }
    expect(
      fences.every(
        (fence, index) => Number.isSafeInteger(fence) && (index === 0 || fence > fences[index - 1]!),
      ),
    ).toBe(true);
  });

  it('takes nothing from the present holder when an earlier lease is released again', async () => {
    const first = await here.tryAcquire(name, LONG);
    await first!.release();
    const second = await there.tryAcquire(name, LONG);
    await first!.release();
    await expect(here.tryAcquire(name, LONG)).resolves.toBeNull();
    expect(second!.isHeld).toBe(true);
  });

  it('is kept for longer than its time to live as long as its holder renews it', async () => {
    const lease = await here.tryAcquire(name, RENEWED);
    const waiting = there.withLock(name, { ...RENEWED, waitMs: 2 * RENEWED.ttlMs }, async () => 'got it');
    await expect(waiting).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(lease!.isHeld).toBe(true);
  });

  it('lets withLock wait for the holder, and releases when the work has failed', async () => {
    const order: string[] = [];
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const first = here.withLock(name, LONG, async () => {
      begun.resolve();
      await finish.promise;
      order.push('first ends');
      throw new Error('work failed');
    });
    await begun.promise;
    const second = there.withLock(name, { ...LONG, waitMs: PATIENCE_MS }, async (lease) => {
      order.push('second begins');
      return lease.isHeld;
    });
    finish.resolve();
    await expect(first).rejects.toThrow('work failed');
    await expect(second).resolves.toBe(true);
    expect(order).toEqual(['first ends', 'second begins']);
  });

  it('gives up what it holds when it is closed', async () => {
    await here.tryAcquire(name, LONG);
    await here.close();
    await expect(there.withLock(name, { ...LONG, waitMs: PATIENCE_MS }, async () => 'mine')).resolves.toBe(
      'mine',
    );
  });

  it.each(['', 'Upper', '1st', "x'; DROP", 'x'.repeat(55)])('refuses %p as a name', async (bad) => {
    await expect(here.tryAcquire(bad, LONG)).rejects.toThrow(RangeError);
  });

  it.each([0, 99, 1.5, Number.NaN])('refuses a time to live of %p ms', async (ttlMs) => {
    await expect(here.tryAcquire(name, { ttlMs })).rejects.toThrow(RangeError);
  });

  describe('when the server cannot be reached', () => {
    let proxy: TcpProxy;
    let remote: Lock;

    beforeEach(async () => {
      proxy = await TcpProxy.start(url);
      remote = await open(proxy.url);
    });
    afterEach(() => proxy.stop());

    it.each(['cut', 'freeze'] as const)(
      'tells the holder (%s), and lets another have the lock',
      async (fault) => {
        const lease = await remote.tryAcquire(name, SHORT);
        proxy[fault]();
        await aborted(lease!);
        expect(lease!.isHeld).toBe(false);
        expect(String(lease!.signal.reason)).toContain(`The lock ${name} was lost`);
        await there.withLock(name, { ...SHORT, waitMs: PATIENCE_MS }, async (next) => {
          expect(next.fence).toBeGreaterThan(lease!.fence);
        });
      },
    );

    it('says so instead of guessing who has the lock', async () => {
      proxy.cut();
      await expect(remote.tryAcquire(name, LONG)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    });

    it('can be had again when the server is back', async () => {
      const lease = await remote.tryAcquire(name, SHORT);
      proxy.cut();
      await aborted(lease!);
      proxy.restore();
      let again: Lease | null = null;
      while (!again) {
        await setTimeout(20);
        again = await remote.tryAcquire(name, SHORT).catch(() => null);
      }
      expect(again.fence).toBeGreaterThan(lease!.fence);
    });
  });
}
