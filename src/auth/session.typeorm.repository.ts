import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { RequestContext } from '../platform/context/index.js';
import { Database, EffectsWriter, type Effects } from '../platform/database/index.js';
import {
  LiveSession,
  RotationResult,
  SessionOfToken,
  type NewSession,
  type Rotation,
} from './dto/session.dto.js';
import { QuestionBatch } from './question-batch.js';
import { SessionRepository } from './session.repository.js';

// Why `users` is read here, across the border of the features: whether a session lives depends on both tables, and two
// questions would not see one moment. It is read only; nothing of it is written here.
const ALIVE = `s.revoked_at IS NULL AND s.absolute_expires_at > now() AND s.access_epoch = u.access_epoch
  AND u.status IN ('active', 'pending_verification')`;
// Every write gives a row a new xmin, those included that leave the version alone: a sign-in, a new hash of the password.
const REVISION = `u.xmin || '.' || u.version`;
const REMAINING_MS = `least(60000, ceil(1000 * extract(epoch FROM s.absolute_expires_at - now())))::integer`;
const MAX_USER_AGENT_LENGTH = 512;

interface TokenState {
  session_id: string;
  spent: boolean;
  expired: boolean;
  alive: boolean;
  role: RotationResult['role'];
  remaining_secs: number;
}

/** Sessions in PostgreSQL. */
@Injectable()
export class TypeOrmSessionRepository extends SessionRepository {
  readonly #live: QuestionBatch<LiveSession>;

  constructor(
    private readonly database: Database,
    private readonly effects: EffectsWriter,
  ) {
    super();
    this.#live = new QuestionBatch(
      (ids) => this.#findAlive(ids),
      ({ session_id }) => session_id,
    );
  }

  async open(session: NewSession, effects: Effects): Promise<void> {
    const { id, user_id, access_epoch, device_name, ip, user_agent } = session;
    await this.database.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO sessions (id, user_id, access_epoch, device_name, ip, user_agent, absolute_expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 second')`,
        [
          id,
          user_id,
          access_epoch,
          device_name ?? null,
          ip ?? null,
          user_agent?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
          session.absolute_lifetime_secs,
        ],
      );
      await storeToken(tx, session.token_hash, id, session.refresh_lifetime_secs);
      await this.effects.write(tx, effects);
    });
  }

  async findLive(sessionId: string): Promise<LiveSession | null> {
    RequestContext.current()?.remainingMs();
    return this.#live.find(sessionId);
  }

  async findByRefreshToken(tokenHash: string): Promise<SessionOfToken | null> {
    const [row] = await this.database.read((manager) =>
      manager.query<SessionOfToken[]>(
        `SELECT s.id AS session_id, s.user_id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
         WHERE t.token_hash = decode($1, 'hex')`,
        [tokenHash],
      ),
    );
    return row ? Object.assign(new SessionOfToken(), row) : null;
  }

  rotate(rotation: Rotation, onReuse: Effects): Promise<RotationResult> {
    return this.database.transaction(async (tx) => {
      const state = await lockAndRead(tx, rotation.token_hash);
      if (!state) return result('refused');
      if (state.spent) {
        if (await end(tx, state.session_id, 'token_reuse')) await this.effects.write(tx, onReuse);
        return result('reused');
      }
      if (!state.alive) return result('refused');
      if (state.expired) return result('expired');
      await tx.query(`UPDATE refresh_tokens SET spent_at = now() WHERE token_hash = decode($1, 'hex')`, [
        rotation.token_hash,
      ]);
      await storeToken(tx, rotation.next_token_hash, state.session_id, rotation.refresh_lifetime_secs);
      await tx.query('UPDATE sessions SET last_used_at = now() WHERE id = $1', [state.session_id]);
      return result('rotated', { role: state.role, remaining_secs: state.remaining_secs });
    });
  }

  revoke(sessionId: string, reason: string, effects: Effects): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const wasAlive = await end(tx, sessionId, reason);
      if (wasAlive) await this.effects.write(tx, effects);
      return wasAlive;
    });
  }

  async recordFailure(effects: Effects): Promise<void> {
    await this.database.transaction((tx) => this.effects.write(tx, effects));
  }

  async #findAlive(sessionIds: string[]): Promise<LiveSession[]> {
    const rows = await this.database.read((manager) =>
      manager.query<LiveSession[]>(
        `SELECT s.id AS session_id, s.user_id, u.role, ${REVISION} AS revision, ${REMAINING_MS} AS remaining_ms
         FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.id = ANY($1::uuid[]) AND ${ALIVE}`,
        [sessionIds],
      ),
    );
    return rows.map((row) => Object.assign(new LiveSession(), row));
  }
}

const result = (outcome: RotationResult['outcome'], rest: Partial<RotationResult> = {}): RotationResult =>
  Object.assign(new RotationResult(), { outcome, ...rest });

/** A token never outlives its session. */
async function storeToken(
  tx: EntityManager,
  hash: string,
  sessionId: string,
  lifetimeSecs: number,
): Promise<void> {
  await tx.query(
    `INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
     SELECT decode($1, 'hex'), id, least(now() + $3 * interval '1 second', absolute_expires_at)
     FROM sessions WHERE id = $2`,
    [hash, sessionId, lifetimeSecs],
  );
}

/**
 * Holds the session until the transaction ends, then reads how things stand. Two statements: the second begins after
 * the lock is ours and sees what whoever held it before has done; a join in the first one would not.
 */
async function lockAndRead(tx: EntityManager, tokenHash: string): Promise<TokenState | undefined> {
  await tx.query(
    `SELECT 1 FROM sessions
     WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = decode($1, 'hex')) FOR UPDATE`,
    [tokenHash],
  );
  const [state] = await tx.query<TokenState[]>(
    `SELECT t.session_id, t.spent_at IS NOT NULL AS spent, t.expires_at <= now() AS expired, (${ALIVE}) AS alive, u.role,
       greatest(1, floor(extract(epoch FROM s.absolute_expires_at - now())))::integer AS remaining_secs
     FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
     WHERE t.token_hash = decode($1, 'hex')`,
    [tokenHash],
  );
  return state;
}

/** @returns whether it was not ended before */
async function end(tx: EntityManager, sessionId: string, reason: string): Promise<boolean> {
  const [ended] = await tx.query<[{ id: string }[], number]>(
    `UPDATE sessions SET revoked_at = now(), revoked_reason = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id`,
    [sessionId, reason],
  );
  return ended.length > 0;
}
