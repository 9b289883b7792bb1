import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { RequestContext } from '../platform/context/index.js';
import { Database, effects as newEffects, EffectsWriter, type Effects } from '../platform/database/index.js';
import { LoggedOut } from './auth.events.js';
import {
  LiveSession,
  RotationResult,
  SessionOwner,
  type NewSession,
  type PasswordReplacement,
  type Rotation,
} from './dto/session.dto.js';
import { QuestionBatch } from './question-batch.js';
import { ALIVE, IDLE_END, MAY_SIGN_IN } from './session-alive.js';
import { SessionRepository } from './session.repository.js';
import { TOKEN_STATE, type TokenState } from './token-state.js';

// Every write gives a row a new xmin, those included that leave the version alone: a sign-in, a new hash of the password.
const REVISION = `u.xmin || '.' || u.version`;
const END = `least(s.absolute_expires_at, ${IDLE_END})`;
const REMAINING_MS = `least(60000, ceil(1000 * extract(epoch FROM ${END} - now())))::integer`;
const MAX_USER_AGENT_LENGTH = 512;

const OPEN = `
  WITH account AS (
    UPDATE users SET last_login_at = now(),
      password_hash = CASE WHEN password_hash = $11 THEN $12 ELSE password_hash END
    WHERE id = $2
  ), opened AS (
    INSERT INTO sessions (id, user_id, access_epoch, device_name, ip, user_agent, absolute_expires_at,
      idle_lifetime_secs)
    VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 second', $8)
    RETURNING id, absolute_expires_at
  )
  INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
  SELECT decode($9, 'hex'), id, least(now() + $10 * interval '1 second', absolute_expires_at) FROM opened`;

/** What `UPDATE ... RETURNING` gives: the rows, and how many there were. */
type Affected<T> = [T[], number];

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

  // Why `users` is written here, across the border of the features: one transaction of a sign-in costs half of two. The
  // version stays: who last signed in is no change that an editor of the account could lose.
  async open(session: NewSession, effects: Effects): Promise<void> {
    const { user_agent, password_upgrade: upgrade } = session;
    await this.database.transaction(async (tx) => {
      await tx.query(OPEN, [
        session.id,
        session.user_id,
        session.access_epoch,
        session.device_name ?? null,
        session.ip ?? null,
        user_agent?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
        session.absolute_lifetime_secs,
        session.idle_lifetime_secs,
        session.token_hash,
        session.refresh_lifetime_secs,
        upgrade?.from ?? null,
        upgrade?.to ?? null,
      ]);
      await this.effects.write(tx, effects);
    });
  }

  async findLive(sessionId: string): Promise<LiveSession | null> {
    RequestContext.current()?.remainingMs();
    return this.#live.find(sessionId);
  }

  async findByRefreshToken(tokenHash: string): Promise<SessionOwner | null> {
    const [row] = await this.database.read((manager) =>
      manager.query<SessionOwner[]>(
        `SELECT s.id AS session_id, s.user_id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
         WHERE t.token_hash = decode($1, 'hex')`,
        [tokenHash],
      ),
    );
    return row ? Object.assign(new SessionOwner(), row) : null;
  }

  rotate(rotation: Rotation, onReuse: Effects): Promise<RotationResult> {
    return this.database.transaction(async (tx) => {
      const state = await lockAndRead(tx, rotation);
      if (!state) return result('refused');
      const { session_id, alive, role, remaining_secs, successor_seed } = state;
      if (state.spent) {
        if (alive && successor_seed !== null) {
          return result('repeated', { role, remaining_secs, successor_seed });
        }
        if (await end(tx, session_id, 'token_reuse')) await this.effects.write(tx, onReuse);
        return result('reused');
      }
      if (!alive) return result('refused');
      if (state.expired) return result('expired');
      await trade(tx, session_id, rotation);
      return result('rotated', { role, remaining_secs });
    });
  }

  revoke({ session_id, user_id }: SessionOwner, reason: string, effects: Effects): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const [ended] = await tx.query<Affected<object>>(
        `UPDATE sessions s SET revoked_at = now(), revoked_reason = $3 FROM users u
         WHERE s.id = $1 AND s.user_id = $2 AND u.id = s.user_id AND ${ALIVE} RETURNING s.id`,
        [session_id, user_id, reason],
      );
      if (ended.length > 0) await this.effects.write(tx, effects);
      return ended.length > 0;
    });
  }

  revokeAll(user_id: string, reason: string, effects: Effects): Promise<number> {
    return this.database.transaction(async (tx) => {
      let total = 0;
      for (;;) {
        const ended = await endSome(tx, user_id, reason);
        if (ended.length === 0) return total;
        const endings = newEffects();
        for (const { id } of ended) endings.event(LoggedOut, { user_id, session_id: id });
        if (total === 0) await this.effects.write(tx, effects);
        await this.effects.write(tx, endings);
        total += ended.length;
      }
    });
  }

  // Why `users` is written here, across the border of the features: the password and the session that goes on must
  // change in one moment, or its owner would be signed out between two.
  replacePassword(replacement: PasswordReplacement, effects: Effects): Promise<boolean> {
    const { user_id, session_id, access_epoch, password_hash } = replacement;
    return this.database.transaction(async (tx) => {
      // The account first, as whoever changes or deletes it does: two of us then never wait for each other.
      const [account] = await tx.query<{ id: string }[]>(
        `SELECT u.id FROM users u WHERE u.id = $1 AND u.access_epoch = $2 AND ${MAY_SIGN_IN} FOR UPDATE`,
        [user_id, access_epoch],
      );
      if (!account) return false;
      const [kept] = await tx.query<Affected<object>>(
        `UPDATE sessions s SET access_epoch = u.access_epoch + 1 FROM users u
         WHERE s.id = $1 AND s.user_id = $2 AND u.id = s.user_id AND ${ALIVE} RETURNING s.id`,
        [session_id, user_id],
      );
      if (kept.length === 0) return false;
      await tx.query(
        `UPDATE users SET password_hash = $2, access_epoch = access_epoch + 1, version = version + 1, updated_at = now()
         WHERE id = $1`,
        [user_id, password_hash],
      );
      await tx.query(`DELETE FROM account_tokens WHERE user_id = $1 AND purpose = 'set_password'`, [user_id]);
      await this.effects.write(tx, effects);
      return true;
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
 *
 * The grace interval is asked for as well as found: a process that was started without it never grants it.
 */
async function lockAndRead(
  tx: EntityManager,
  { token_hash, grace_secs }: Rotation,
): Promise<TokenState | undefined> {
  await tx.query(
    `SELECT 1 FROM sessions
     WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = decode($1, 'hex')) FOR UPDATE`,
    [token_hash],
  );
  const [state] = await tx.query<TokenState[]>(TOKEN_STATE, [token_hash, grace_secs]);
  return state;
}

/** Spends the token, stores its successor, and notes that the session was used. */
async function trade(tx: EntityManager, sessionId: string, rotation: Rotation): Promise<void> {
  const { token_hash, next_token_hash, successor_seed, idle_lifetime_secs, ip } = rotation;
  await tx.query(`UPDATE refresh_tokens SET spent_at = now() WHERE token_hash = decode($1, 'hex')`, [
    token_hash,
  ]);
  await storeToken(tx, next_token_hash, sessionId, rotation.refresh_lifetime_secs);
  await tx.query(
    `UPDATE sessions SET last_used_at = now(), idle_lifetime_secs = $2, ip = coalesce($3, ip),
       spent_token_hash = decode($4, 'hex'), successor_seed = decode($5, 'hex') WHERE id = $1`,
    [
      sessionId,
      idle_lifetime_secs,
      ip ?? null,
      successor_seed === undefined ? null : token_hash,
      successor_seed ?? null,
    ],
  );
}

/** Ends sessions of an account that are alive, 1,000 at most: each is an event, and how many there are is its owner's. */
async function endSome(tx: EntityManager, userId: string, reason: string): Promise<{ id: string }[]> {
  // In the order of their ids: two callers cannot wait for each other.
  const alive = await tx.query<{ id: string }[]>(
    `SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id
     WHERE s.user_id = $1 AND ${ALIVE} ORDER BY s.id LIMIT 1000 FOR UPDATE OF s`,
    [userId],
  );
  if (alive.length > 0) {
    await tx.query(`UPDATE sessions SET revoked_at = now(), revoked_reason = $2 WHERE id = ANY($1::uuid[])`, [
      alive.map(({ id }) => id),
      reason,
    ]);
  }
  return alive;
}

/** @returns whether it was not ended before */
async function end(tx: EntityManager, sessionId: string, reason: string): Promise<boolean> {
  const [ended] = await tx.query<Affected<object>>(
    `UPDATE sessions SET revoked_at = now(), revoked_reason = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id`,
    [sessionId, reason],
  );
  return ended.length > 0;
}
