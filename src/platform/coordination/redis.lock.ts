import { randomUUID } from 'node:crypto';
import { RedisScript, translateRedisError, type RedisClients } from '../redis/index.js';
import { RenewedLease, type Lease } from './lease.js';
import { assertTtl, Lock, type LockOptions } from './lock.js';
import { assertName } from './names.js';

// The fence is the server's time in microseconds, or one more than the last: it grows also when the server lost its
// data in between, which a bare counter would not. 2^53 of them last until the year 2255.
const ACQUIRE = new RedisScript(`
  if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return false end
  local time = redis.call('TIME')
  local fence = time[1] * 1000000 + time[2]
  local last = tonumber(redis.call('GET', KEYS[2]) or '0')
  if fence <= last then fence = last + 1 end
  local text = string.format('%.0f', fence)
  redis.call('SET', KEYS[2], text)
  return text`);

const RENEW = new RedisScript(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

const RELEASE = new RedisScript(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('DEL', KEYS[1])`);

/**
 * Locks as keys that expire, each with a random token that only its holder knows.
 * Source: https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/ (single instance), plus a fence.
 */
export class RedisLock extends Lock {
  readonly #leases = new Set<RenewedLease>();

  constructor(private readonly clients: RedisClients) {
    super();
  }

  async tryAcquire(name: string, { ttlMs }: LockOptions): Promise<Lease | null> {
    assertName('lock', name);
    assertTtl(ttlMs);
    // Braces: both keys live in one slot of a cluster.
    const key = `arcana:lock:{${name}}`;
    const token = randomUUID();
    const askedAt = performance.now();
    const release = async (): Promise<void> => {
      await RELEASE.run(this.clients.producer, [key], [token]);
    };
    let fence: unknown;
    try {
      fence = await ACQUIRE.run(this.clients.requireReady(), [key, `${key}:fence`], [token, ttlMs]);
    } catch (error) {
      // A command that timed out may have been executed: nobody holds that lock, so it is given back.
      release().catch(() => undefined);
      throw translateRedisError(error);
    }
    if (fence === null) return null;
    const lease: RenewedLease = new RenewedLease(
      name,
      ttlMs,
      {
        fence: Number(fence),
        askedAt,
        renew: async () => (await RENEW.run(this.clients.requireReady(), [key], [token, ttlMs])) === 1,
        release,
      },
      () => this.#leases.delete(lease),
    );
    this.#leases.add(lease);
    return lease;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#leases].map((lease) => lease.release()));
  }
}
