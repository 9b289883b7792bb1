import { Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { Cache } from '../cache/index.js';

/**
 * How long it may be remembered that somebody has access, in milliseconds, counted from before the database was asked.
 * Nothing that is remembered longer may depend on {@link sessionTag} or {@link userTag}.
 */
export const ACCESS_MEMORY_MS = 2_000;
/** Timers end a little early, and clocks do not run quite alike. */
const MARGIN_MS = 100;

/** What a copy depends on that holds only while this session lives. */
export const sessionTag = (sessionId: string): string => `session:${sessionId.toLowerCase()}`;
/** What a copy depends on that holds only while this account stays as it is. */
export const userTag = (userId: string): string => `user:${userId.toLowerCase()}`;

/**
 * Cuts access that a process may still remember. Whoever commits a change that ends access calls it after the commit and
 * before answering: when the act is acknowledged, no process honours what it remembered from before, and the next
 * request is judged by the database.
 *
 * When the cache cannot be told, the call lasts until everything remembered has ended by itself, 2 s. It never fails.
 */
@Injectable()
export class AccessCuts {
  constructor(private readonly cache: Cache) {}

  /** This session was ended. */
  ofSession(sessionId: string): Promise<void> {
    return this.#cut(sessionTag(sessionId));
  }

  /** Role, status or password of this account changed, or it was deleted: sessions opened before are over. */
  ofUser(userId: string): Promise<void> {
    return this.#cut(userTag(userId));
  }

  /**
   * Something of this account changed that is no matter of access (its name, its last sign-in): what is remembered of
   * it is out of date. Not waited for: when the cache cannot be told, others may see it as it was for 2 s.
   */
  async ofProfile(userId: string): Promise<void> {
    await this.cache.invalidate([userTag(userId)]);
  }

  async #cut(tag: string): Promise<void> {
    const end = performance.now() + ACCESS_MEMORY_MS + MARGIN_MS;
    if (!(await this.cache.invalidate([tag]))) await pause(Math.max(0, end - performance.now()));
  }
}
