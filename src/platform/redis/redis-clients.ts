import { Redis, type RedisOptions } from 'ioredis';
import { AppError } from '../errors/index.js';
import { watchConnection } from './connection-watch.js';

/** What is needed to reach Redis; times in milliseconds. */
export interface RedisConnectionSettings {
  /** `redis://` or `rediss://` (TLS), with credentials and database number as in the URL. */
  url: string;
  /** Time one command of the producer may take; also how long an unanswered PING is waited for. */
  command_timeout_ms: number;
  /** Between the PINGs of a producer or subscriber, beside the time their answers may take. Default: 5 s. */
  ping_interval_ms?: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const PING_INTERVAL_MS = 5_000;
const MAX_RECONNECT_DELAY_MS = 2_000;
/** What callers are told to wait for before they try again. */
const RETRY_AFTER_SECONDS = 2;

/** Doubles from 50 ms to 2 s, with jitter: processes that lost the same server do not come back at the same moment. */
const reconnectDelay = (attempt: number): number =>
  Math.min(MAX_RECONNECT_DELAY_MS, 50 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random() / 2);

/**
 * The Redis clients of one process, by purpose, because what is right for one is wrong for another: a request must
 * not wait for a server that is away, a worker must.
 *
 * Clients connect when first asked for and reconnect for ever. A lost connection is logged once, as is its return.
 */
export class RedisClients {
  readonly #settings: RedisConnectionSettings;
  readonly #clients = new Set<Redis>();
  #producer: Redis | undefined;
  #closed = false;

  constructor(settings: RedisConnectionSettings) {
    this.#settings = settings;
  }

  /**
   * The shared client for short commands. It fails at once while it is not connected (no offline queue), and a
   * command takes at most `command_timeout_ms`. A command that timed out may still have been executed.
   */
  get producer(): Redis {
    this.#producer ??= this.#open('producer', {
      enableOfflineQueue: false,
      commandTimeout: this.#settings.command_timeout_ms,
      // Commands in flight when the connection breaks are failed there and then, never sent a second time.
      maxRetriesPerRequest: 0,
    });
    return this.#producer;
  }

  /** Whether a command of the producer would be sent now. */
  get isReady(): boolean {
    return this.#producer?.status === 'ready';
  }

  /** The producer, or an answer at once. @throws SERVICE_UNAVAILABLE while it is not connected. */
  requireReady(): Redis {
    const client = this.producer;
    if (client.status !== 'ready') {
      throw new AppError('SERVICE_UNAVAILABLE', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
        cause: new Error(`Redis is not connected (${client.status}).`),
      });
    }
    return client;
  }

  /**
   * A new client for a worker: commands wait for the connection as long as it takes and may block on the server, so
   * neither a retry limit nor a time-out applies (BullMQ refuses a retry limit).
   */
  worker(): Redis {
    return this.#open('worker', { maxRetriesPerRequest: null });
  }

  /** A new client for subscriptions; they are made again after every reconnect. */
  subscriber(): Redis {
    return this.#open('subscriber', { maxRetriesPerRequest: null });
  }

  /**
   * Waits until `client` is connected.
   * @returns false when it was not within `timeoutMs`; it goes on trying
   */
  async whenReady(client: Redis, timeoutMs: number): Promise<boolean> {
    return client.status === 'ready' || (await emits(client, 'ready', timeoutMs));
  }

  /** Closes one client that `worker()` or `subscriber()` gave. @param deadlineMs after which it is cut */
  async closeClient(client: Redis, deadlineMs: number): Promise<void> {
    this.#clients.delete(client);
    if (client.status === 'end') return;
    if (client.status === 'reconnecting') {
      // Between two attempts there is no connection whose end could be waited for.
      client.disconnect();
      return;
    }
    const ended = emits(client, 'end', deadlineMs);
    // QUIT lets replies that are on their way arrive; a client that is not connected has none.
    if (client.status === 'ready') client.quit().catch(() => client.disconnect());
    else client.disconnect();
    if (!(await ended)) client.disconnect();
  }

  /** Closes every client, those handed out included. @param deadlineMs after which connections are cut */
  async close(deadlineMs: number): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#clients].map((client) => this.closeClient(client, deadlineMs)));
  }

  #open(purpose: string, options: RedisOptions): Redis {
    if (this.#closed) {
      throw new AppError('SERVICE_UNAVAILABLE', {
        cause: new Error('The Redis clients of this process are closed.'),
      });
    }
    const client = new Redis(this.#settings.url, {
      connectionName: `arcana:${purpose}`,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // A server that does not answer does not say goodbye either.
      disconnectTimeout: 500,
      keepAlive: 10_000,
      retryStrategy: reconnectDelay,
      // A failover leaves us connected to what is now a replica; only a new connection finds the new primary.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      ...options,
    });
    this.#clients.add(client);
    watchConnection(client, {
      purpose,
      // A worker's client may block on the server by design and would not answer.
      ...(purpose !== 'worker' && {
        ping: {
          intervalMs: this.#settings.ping_interval_ms ?? PING_INTERVAL_MS,
          timeoutMs: this.#settings.command_timeout_ms,
        },
      }),
    });
    return client;
  }
}

/** Whether `event` comes in time. Not `events.once`: that ends with the first error, which only says that one attempt failed. */
function emits(client: Redis, event: 'ready' | 'end', withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (came: boolean) => (): void => {
      clearTimeout(timer);
      client.off(event, onEvent);
      resolve(came);
    };
    const onEvent = finish(true);
    const timer = setTimeout(finish(false), withinMs);
    client.once(event, onEvent);
  });
}

/** The clients of a process; null when no URL is configured. Nothing connects before a client is asked for. */
export const openRedis = (
  settings: Omit<RedisConnectionSettings, 'url'> & { url?: string },
): RedisClients | null =>
  settings.url === undefined ? null : new RedisClients({ ...settings, url: settings.url });
