import pg from 'pg';
import { AppError } from '../../errors/index.js';
import { translateDatabaseError } from '../database-error.js';
import { Session, type SessionSettings } from './session.js';

// One statement, so that a process that is stopped right after it holds no lock without a time-out. MATERIALIZED keeps
// the planner from evaluating the attempt more than once.
const TRY_LOCK = `
  WITH attempt AS MATERIALIZED (SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held)
  SELECT held,
    CASE WHEN held THEN nextval('lock_fences') END AS fence,
    CASE WHEN held THEN set_config('idle_session_timeout', $2, false) END AS ttl
  FROM attempt`;
const UNLOCK = `
  SELECT pg_advisory_unlock(hashtextextended($1, 0)), set_config('idle_session_timeout', '0', false)`;

/** A lock that this process holds until it is released, its session ends, or it is not renewed in time. */
export interface HeldLock {
  /** Grows with every acquisition of any lock. */
  readonly fence: number;
  /** Who is told when the connection, and the lock with it, is gone; at once when it is gone already. */
  onLost(listener: (reason: Error) => void): void;
  /** Starts the time anew. @throws when the server does not answer */
  renew(): Promise<void>;
  release(): Promise<void>;
}

interface HoldingSession {
  readonly session: Session;
  /** Whoever holds a lock here at present. */
  onLost: ((reason: Error) => void) | undefined;
}

/**
 * Session-level advisory locks, each held on a connection of its own: locks of one session would not exclude each
 * other. Meant for few, long-held locks.
 *
 * The server ends a session that was idle for the lock's time to live (`idle_session_timeout`, PostgreSQL 14), so a
 * holder that is frozen or unreachable loses its lock as a dead one does.
 */
export class AdvisoryLocks {
  readonly #places = new Set<HoldingSession>();
  /** The connection of the last attempt that failed: whoever waits for a lock does not connect for every look. */
  #spare: HoldingSession | undefined;
  #closed = false;

  constructor(private readonly settings: SessionSettings) {}

  /**
   * @param ttlMs time without a renewal after which the server gives the lock to others
   * @returns null when another session has the lock
   * @throws SERVICE_UNAVAILABLE when the server cannot be reached
   */
  async tryLock(name: string, ttlMs: number): Promise<HeldLock | null> {
    try {
      const holding = await this.#attempt(name, ttlMs);
      if (!holding) return null;
      const { fence, place } = holding;
      return {
        fence,
        onLost: (listener) => {
          place.onLost = listener;
          if (!place.session.isOpen()) listener(new Error('the connection was lost'));
        },
        renew: async () => {
          await place.session.query('SELECT 1');
        },
        release: () => this.#release(name, place),
      };
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (error instanceof pg.DatabaseError) throw translateDatabaseError(error);
      throw new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2, cause: error });
    }
  }

  /** Ends every session, and with them every lock. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#spare = undefined;
    await Promise.all([...this.#places].map((place) => place.session.end()));
    this.#places.clear();
  }

  async #attempt(name: string, ttlMs: number): Promise<{ fence: number; place: HoldingSession } | null> {
    const spare = this.#takeSpare();
    const place = spare ?? (await this.#connect());
    try {
      const [row] = await place.session.query<{ held: boolean; fence: string | null }>(TRY_LOCK, [
        name,
        String(ttlMs),
      ]);
      if (row?.held) return { fence: Number(row.fence), place };
      await this.#keep(place);
      return null;
    } catch (error) {
      await this.#discard(place);
      // A kept connection may have died unnoticed; a fresh one tells how things are.
      if (spare && !(error instanceof pg.DatabaseError)) return this.#attempt(name, ttlMs);
      throw error;
    }
  }

  async #connect(): Promise<HoldingSession> {
    this.#assertOpen();
    const lost = Promise.withResolvers<Error>();
    const session = await Session.open(this.settings, 'lock', { onLost: lost.resolve });
    const place: HoldingSession = { session, onLost: undefined };
    this.#places.add(place);
    void lost.promise.then((reason) => {
      this.#places.delete(place);
      place.onLost?.(reason);
    });
    try {
      this.#assertOpen();
    } catch (error) {
      await this.#discard(place);
      throw error;
    }
    return place;
  }

  #assertOpen(): void {
    if (this.#closed) throw new AppError('SERVICE_UNAVAILABLE', { cause: new Error('Locks are closed.') });
  }

  async #release(name: string, place: HoldingSession): Promise<void> {
    place.onLost = undefined;
    if (!place.session.isOpen()) return;
    try {
      await place.session.query(UNLOCK, [name]);
      await this.#keep(place);
    } catch {
      // The lock ends with its session.
      await this.#discard(place);
    }
  }

  #takeSpare(): HoldingSession | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare?.session.isOpen() ? spare : undefined;
  }

  async #keep(place: HoldingSession): Promise<void> {
    if (this.#spare?.session.isOpen() || this.#closed) await this.#discard(place);
    else this.#spare = place;
  }

  async #discard(place: HoldingSession): Promise<void> {
    this.#places.delete(place);
    await place.session.end();
  }
}
