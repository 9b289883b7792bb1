import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { Session, type SessionSettings } from './session.js';

/** An idle connection is asked this often whether it is still there, unless the settings say otherwise. */
const HEARTBEAT_MS = 5_000;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;

export interface ChannelHandler {
  onMessage(payload: string): void;
  /** From now on messages may be missed. */
  onLost?(): void;
  /** In force again; what was sent in between is gone. */
  onResync?(): void;
}

/** One handler on one channel. */
export interface Listening {
  /** Whether messages arrive at this moment, as far as is known. */
  readonly active: boolean;
  close(): Promise<void>;
}

class Listener {
  active = false;
  /** Whether the caller of `listen` has been answered: what begins later is news. */
  announced = false;

  constructor(readonly handler: ChannelHandler) {}
}

/**
 * Receives NOTIFY on one dedicated connection, which is made when first needed, watched, and made again for ever when
 * lost, with every channel listened to anew.
 */
export class PostgresListener {
  readonly #logger = new Logger('PostgresListener');
  readonly #channels = new Map<string, Set<Listener>>();
  /** Channels that the present session listens to. */
  readonly #inForce = new Set<string>();
  readonly #closing = new AbortController();
  readonly #closed = new Promise<undefined>((resolve) =>
    this.#closing.signal.addEventListener('abort', () => resolve(undefined)),
  );
  #session: Session | undefined;
  #firstAttempt: PromiseWithResolvers<void> | undefined;
  #running: Promise<void> = Promise.resolve();
  #changes: Promise<void> = Promise.resolve();

  constructor(private readonly settings: SessionSettings) {}

  /**
   * Listens to a channel. When the answer comes the channel is in force; or the server is away, and `onResync` tells
   * when it came back.
   * @param channel exact name, as in `NOTIFY "channel"`; at most 63 bytes
   */
  async listen(channel: string, handler: ChannelHandler): Promise<Listening> {
    if (this.#isClosed()) throw new Error('This listener is closed.');
    const listener = new Listener(handler);
    const listeners = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, listeners.add(listener));
    if (!this.#firstAttempt) {
      this.#firstAttempt = Promise.withResolvers();
      this.#running = this.#run(this.#firstAttempt.resolve);
    }
    await this.#firstAttempt.promise;
    await this.#putInForce();
    listener.announced = true;
    return {
      get active() {
        return listener.active;
      },
      close: async () => {
        listener.active = false;
        listeners.delete(listener);
        if (listeners.size === 0 && this.#channels.get(channel) === listeners) this.#channels.delete(channel);
        await this.#putInForce();
      },
    };
  }

  /** Ends the connection; nothing is delivered after it. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#channels.clear();
    await this.#session?.end();
    await this.#running;
  }

  /** Connects, listens and watches, again and again until closed. */
  async #run(firstAttemptMade: () => void): Promise<void> {
    let failures = 0;
    let reported = false;
    while (!this.#isClosed()) {
      const lost = Promise.withResolvers<Error>();
      try {
        const session = await this.#connect(lost.resolve);
        if (reported) this.#logger.log('The notification connection is back.');
        reported = false;
        failures = 0;
        firstAttemptMade();
        const reason = await this.#watch(session, lost.promise);
        if (reason) throw reason;
      } catch (error) {
        if (!reported && !this.#isClosed()) this.#report(error as Error);
        reported = true;
      }
      this.#lose();
      firstAttemptMade();
      const pause = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++) * (0.5 + Math.random() / 2);
      await delay(pause, undefined, { signal: this.#closing.signal, ref: false }).catch(() => undefined);
    }
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** @throws the driver's error when there is no session, or none any more, that listens to every channel */
  async #connect(onLost: (reason: Error) => void): Promise<Session> {
    const session = await Session.open(this.settings, 'listener', {
      onNotification: (channel, payload) => this.#deliver(channel, payload),
      onLost,
    });
    this.#session = session;
    await this.#putInForce();
    if (this.#isClosed()) await session.end();
    return session;
  }

  #report(error: Error): void {
    this.#logger.warn(
      `The notification connection is lost (${error.message || error.name}); trying again until it is back.`,
    );
  }

  /** Resolves with the reason when the session is lost, with nothing when this listener closes. */
  async #watch(session: Session, lost: Promise<Error>): Promise<Error | undefined> {
    const heartbeat = setInterval(
      () => void session.query('SELECT 1').catch(() => undefined),
      this.settings.silence_limit_ms ?? HEARTBEAT_MS,
    );
    heartbeat.unref();
    try {
      return await Promise.race([lost, this.#closed]);
    } finally {
      clearInterval(heartbeat);
    }
  }

  /** Makes the session listen to exactly the channels that have listeners, one change after the other. */
  #putInForce(): Promise<void> {
    const change = this.#changes.then(() => this.#change());
    this.#changes = change.catch(() => undefined);
    return change;
  }

  async #change(): Promise<void> {
    const session = this.#session;
    if (!session?.isOpen()) return;
    try {
      for (const channel of this.#inForce) {
        if (this.#channels.has(channel)) continue;
        this.#inForce.delete(channel);
        await session.query(`UNLISTEN ${pg.escapeIdentifier(channel)}`);
      }
      for (const [channel, listeners] of this.#channels) {
        if (!this.#inForce.has(channel)) {
          await session.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
          this.#inForce.add(channel);
        }
        for (const listener of listeners) this.#activate(listener);
      }
    } catch (error) {
      // A lost session is seen by the loop, which comes here again with the next one.
      if (session.isOpen()) throw error;
    }
  }

  #activate(listener: Listener): void {
    if (listener.active) return;
    listener.active = true;
    if (listener.announced) this.#guarded(() => listener.handler.onResync?.());
  }

  #lose(): void {
    this.#session = undefined;
    this.#inForce.clear();
    for (const listeners of this.#channels.values()) {
      for (const listener of listeners) {
        if (!listener.active) continue;
        listener.active = false;
        this.#guarded(() => listener.handler.onLost?.());
      }
    }
  }

  #deliver(channel: string, payload: string): void {
    for (const { active, handler } of this.#channels.get(channel) ?? []) {
      if (active) this.#guarded(() => handler.onMessage(payload));
    }
  }

  /** One handler's fault must not cost the others their message, nor us the connection. */
  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#logger.error(`A handler of notifications failed: ${(error as Error).stack ?? String(error)}`);
    }
  }
}
