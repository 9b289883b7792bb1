import type { AdvisoryLocks } from '../database/coordination/index.js';
import { RenewedLease, type Lease } from './lease.js';
import { assertTtl, Lock, type LockOptions } from './lock.js';
import { assertName } from './names.js';

/** Locks as advisory locks of PostgreSQL sessions, one connection each. */
export class PostgresLock extends Lock {
  readonly #leases = new Set<RenewedLease>();

  constructor(private readonly locks: AdvisoryLocks) {
    super();
  }

  async tryAcquire(name: string, { ttlMs }: LockOptions): Promise<Lease | null> {
    assertName('lock', name);
    assertTtl(ttlMs);
    const askedAt = performance.now();
    const held = await this.locks.tryLock(`arcana:lock:${name}`, ttlMs);
    if (!held) return null;
    const lease: RenewedLease = new RenewedLease(
      name,
      ttlMs,
      {
        fence: held.fence,
        askedAt,
        renew: async () => {
          await held.renew();
          return true;
        },
        release: () => held.release(),
      },
      () => this.#leases.delete(lease),
    );
    this.#leases.add(lease);
    held.onLost((reason) => lease.lose(reason.message));
    return lease;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#leases].map((lease) => lease.release()));
    await this.locks.close();
  }
}
