import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { RedisScript, type Redis, type RedisClients } from '../redis/index.js';
import { within } from '../time-limit/index.js';
import type { CacheMetrics } from './cache-metrics.js';
import {
  assertEntry,
  assertNames,
  assertTtl,
  Cache,
  MAX_TAGGED_TTL_MS,
  textOf,
  type CacheAnswer,
  type CacheEntry,
  type CacheLease,
} from './cache.js';
import { RedisLookups, type Texts } from './redis-lookups.js';

const PREFIX = 'arcana:cache:';
const copyKey = (key: string): string => `${PREFIX}copy:${key}`;
const markKey = (tag: string): string => `${PREFIX}mark:${tag}`;
/** Lost together with the marks when the server loses its data: a lease from before then stores nothing. */
const GENERATION = `${PREFIX}generation`;
/** Numbers the invalidations. */
const ORDER = `${PREFIX}order`;
/** Twice what a copy lives, so that a mark outlives every copy from before it, and a clock that is set back a little. */
const MARK_MS = 2 * MAX_TAGGED_TTL_MS;

// The end of a copy's life is a time on the server's clock, counted from when the lease was given: a command that lay
// in a socket while the server was frozen stores nothing that outlives what it was read from.
const STORE = new RedisScript(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  for i = 3, #KEYS do
    if tonumber(redis.call('GET', KEYS[i]) or '0') > tonumber(ARGV[4]) then return 0 end
  end
  local time = redis.call('TIME')
  if time[1] * 1000 + time[2] / 1000 >= tonumber(ARGV[2]) then return 0 end
  redis.call('SET', KEYS[2], ARGV[3], 'PXAT', ARGV[2])
  return 1`);

const INVALIDATE = new RedisScript(`
  local order = redis.call('INCR', KEYS[1])
  for i = 2, #KEYS do redis.call('SET', KEYS[i], order, 'PX', ARGV[1]) end
  return order`);

interface Lease extends CacheLease {
  readonly generation: string;
  /** How many invalidations there had been. */
  readonly order: number;
  /** Milliseconds since 1970, by the clock of the server. */
  readonly at: number;
  /** Which connection of this process it came by. */
  readonly connection: number;
}

/** What lies under a key, unless it is from before the last invalidation, or nothing that was stored here. */
function copyOf(text: string, mark: number): { value: unknown } | undefined {
  const colon = text.indexOf(':');
  if (!(Number(text.slice(0, colon)) >= mark)) return undefined;
  try {
    return { value: JSON.parse(text.slice(colon + 1)) };
  } catch {
    return undefined;
  }
}

/**
 * Copies in Redis 6.2 or newer (or Valkey), seen by every process.
 *
 * Invalidations are numbered, and `invalidate` leaves its number as a mark that lives for 10 s. A copy bears the number
 * that stood when its reader looked, which was before the source was read. Where the mark's is higher, the copy is not
 * given, and a script that looks at the mark and stores in one step does not store it. When the mark is gone, every copy
 * from before it has ended: a copy lives for at most 5 s from the moment its reader looked.
 *
 * What the server may do, and what holds then:
 * - away, frozen, starting, out of memory for reads: the source is asked (`unknown`); `invalidate` says false, also when
 *   the memory is full;
 * - flushed: copies go with the marks, and leases from before store nothing, since the generation is another;
 * - restarted from an older state, or failed over to a replica that had not heard of a mark: connections break then, and
 *   after connecting a process takes no copy for 5 s, in which those from before have ended; leases end with their
 *   connection;
 * - one that evicts (maxmemory-policy other than noeviction), loses single keys by hand, fails over behind a proxy that
 *   keeps the connection, or lives on as the cut-off half of a split: a mark may be missed, and a copy from before it be
 *   given until its life is over, at most 5 s.
 */
export class RedisCache extends Cache {
  override readonly isShared = true;
  readonly #logger = new Logger('Cache');
  readonly #lookups: RedisLookups;
  readonly #patienceMs: number;
  readonly #restMs: number;
  readonly #quarantineMs: number;
  #connection = 0;
  #connectedAt = 0;
  #restUntil = 0;
  /** What was warned about and has not been well since. */
  readonly #failing = new Set<'looked for' | 'stored' | 'invalidated'>();

  /**
   * @param options.patienceMs a look-up costs a request at most this; a mark is waited for twice as long
   * @param options.restMs how long the server is not asked after a failure
   * @param options.quarantineMs how long no copy is taken after connecting
   */
  constructor(
    private readonly clients: RedisClients,
    private readonly metrics: Pick<CacheMetrics, 'count'>,
    { patienceMs = 250, restMs = 1_000, quarantineMs = MAX_TAGGED_TTL_MS } = {},
  ) {
    super();
    this.#patienceMs = patienceMs;
    this.#restMs = restMs;
    this.#quarantineMs = quarantineMs;
    this.#connectedAt = performance.now();
    clients.producer.on('ready', () => {
      this.#connection++;
      this.#connectedAt = performance.now();
    });
    this.#lookups = new RedisLookups((keys) => this.#look(keys));
  }

  override async find(entry: CacheEntry): Promise<CacheAnswer> {
    assertEntry(entry);
    const connection = this.#connection;
    const lookup = await this.#lookups.find(copyKey(entry.key), entry.tags.map(markKey));
    if (!lookup) {
      this.metrics.count('error');
      return { result: 'unknown' };
    }
    const isTaken = entry.tags.length === 0 || performance.now() >= this.#connectedAt + this.#quarantineMs;
    // Looked up on one connection, answered on another: what is known of the one does not hold for the other.
    const isSame = connection === this.#connection;
    const { text, mark, generation, order, at } = lookup;
    const copy = text !== null && isTaken && isSame ? copyOf(text, mark) : undefined;
    if (copy) {
      this.metrics.count('hit');
      return { result: 'hit', value: copy.value };
    }
    this.metrics.count('miss');
    if (generation === null || !isSame) return { result: 'miss' };
    const lease: Lease = { entry, generation, order, at, connection };
    return { result: 'miss', lease };
  }

  override async store(lease: CacheLease, value: unknown, ttlMs: number): Promise<boolean> {
    const { entry, generation, order, at, connection } = lease as Lease;
    assertTtl(entry, ttlMs);
    const text = textOf(value);
    if (text === undefined || connection !== this.#connection) return false;
    const keys = [GENERATION, copyKey(entry.key), ...entry.tags.map(markKey)];
    const args = [generation, Math.floor(at + ttlMs), `${order}:${text}`, order];
    const stored = await this.#ask('stored', this.#patienceMs, (client) => STORE.run(client, keys, args));
    return stored === 1;
  }

  override async invalidate(tags: readonly string[]): Promise<boolean> {
    assertNames(tags);
    const done = await this.#ask('invalidated', 2 * this.#patienceMs, async (client) => {
      await INVALIDATE.run(client, [ORDER, ...tags.map(markKey)], [MARK_MS]);
      return true;
    });
    return done === true;
  }

  override async check(): Promise<void> {
    await this.clients.requireReady().set(`${PREFIX}check`, '1', 'PX', MARK_MS);
  }

  async #look(keys: readonly string[]): Promise<Texts | undefined> {
    if (performance.now() < this.#restUntil) return undefined;
    const lookup = await this.#ask('looked for', this.#patienceMs, async (client) => {
      const replies = await client
        .pipeline()
        .time()
        .mget(GENERATION, ORDER, ...keys)
        .exec();
      const [time, values] = replies!.map(([error, reply]) => {
        if (error) throw error;
        return reply;
      }) as [[string, string], (string | null)[]];
      const [generation = null, order = null, ...texts] = values;
      if (generation === null) this.#beginGeneration(client);
      const at = Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1000);
      return { at, generation, order: Number(order), texts };
    });
    // A server that does not answer costs one request its patience, not every one.
    if (!lookup) this.#restUntil = performance.now() + this.#restMs;
    return lookup;
  }

  #beginGeneration(client: Redis): void {
    // Whoever is first names it; if it fails, nothing is stored until somebody's attempt succeeds.
    client.set(GENERATION, randomUUID(), 'NX').catch(() => undefined);
  }

  /** What the server said; undefined when it could not say, which is logged once until it can again. */
  async #ask<T>(
    what: 'looked for' | 'stored' | 'invalidated',
    patienceMs: number,
    work: (client: Redis) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      const answer = await within(work(this.clients.requireReady()), patienceMs, () => {
        throw new Error(`no answer in ${patienceMs} ms`);
      });
      if (this.#failing.delete(what)) this.#logger.log(`Copies can be ${what} in Redis again.`);
      return answer;
    } catch (error) {
      const { message, cause } = error as Error;
      if (!this.#failing.has(what)) {
        const why = cause instanceof Error ? cause.message : message;
        this.#logger.warn(`Copies cannot be ${what} in Redis for now: ${why}`);
      }
      this.#failing.add(what);
      return undefined;
    }
  }
}
