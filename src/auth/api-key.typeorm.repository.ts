import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { RequestContext } from '../platform/context/index.js';
import { Database, EffectsWriter, type Effects } from '../platform/database/index.js';
import { AppError } from '../platform/errors/index.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { API_KEY_LIMIT } from './auth.errors.js';
import { ApiKey, ApiKeyPage, type ListApiKeysQuery, type NewApiKey } from './dto/api-key.dto.js';
import { LiveApiKey } from './dto/live-api-key.dto.js';
import { QuestionBatch } from './question-batch.js';

const SHOWN = 'id, name, prefix, scopes, created_at, expires_at, last_used_at';
/** How exact the time of the last use is: one write a minute, however often a key is used. */
const USE_IS_DUE = `(last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`;

const MAY_SIGN_IN = `status IN ('active', 'pending_verification')`;

const shown = (row: ApiKey): ApiKey => Object.assign(new ApiKey(), row);

/** API keys in PostgreSQL. */
@Injectable()
export class TypeOrmApiKeyRepository extends ApiKeyRepository {
  readonly #live: QuestionBatch<LiveApiKey>;

  constructor(
    private readonly database: Database,
    private readonly effects: EffectsWriter,
  ) {
    super();
    this.#live = new QuestionBatch(
      (ids) => this.#findAlive(ids),
      ({ id }) => id,
    );
  }

  create(key: NewApiKey, effects: Effects): Promise<ApiKey> {
    return this.database.transaction(async (tx) => {
      await makeRoom(tx, key.user_id, key.max_keys);
      const [row] = await tx.query<ApiKey[]>(
        `INSERT INTO api_keys (id, user_id, name, prefix, secret_hash, scopes, expires_at)
         VALUES ($1, $2, $3, $4, decode($5, 'hex'), $6, $7) RETURNING ${SHOWN}`,
        [key.id, key.user_id, key.name, key.prefix, key.secret_hash, key.scopes, key.expires_at],
      );
      await this.effects.write(tx, effects);
      return shown(row!);
    });
  }

  async list(userId: string, { page, size }: ListApiKeysQuery): Promise<ApiKeyPage> {
    const rows = await this.database.read((manager) =>
      manager.query<((ApiKey | Record<keyof ApiKey, null>) & { total: number })[]>(
        `SELECT k.*, t.total FROM (SELECT count(*)::integer AS total FROM api_keys WHERE user_id = $1) t
         LEFT JOIN LATERAL (
           SELECT ${SHOWN} FROM api_keys WHERE user_id = $1 ORDER BY id DESC LIMIT $3 OFFSET $2
         ) k ON true ORDER BY k.id DESC`,
        [userId, page * size, size],
      ),
    );
    const data = rows.flatMap(({ total: _, ...row }) => (row.id === null ? [] : [shown(row)]));
    return Object.assign(new ApiKeyPage(), { data, page, size, total: rows[0]?.total ?? 0 });
  }

  async find(userId: string, id: string): Promise<ApiKey | null> {
    const [row] = await this.database.read((manager) =>
      manager.query<ApiKey[]>(`SELECT ${SHOWN} FROM api_keys WHERE id = $1 AND user_id = $2`, [id, userId]),
    );
    return row ? shown(row) : null;
  }

  delete(userId: string, id: string, effects: Effects): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const [deleted] = await tx.query<[{ id: string }[], number]>(
        'DELETE FROM api_keys WHERE id = $1 AND user_id = $2 RETURNING id',
        [id, userId],
      );
      if (deleted.length > 0) await this.effects.write(tx, effects);
      return deleted.length > 0;
    });
  }

  async findLive(id: string): Promise<LiveApiKey | null> {
    RequestContext.current()?.remainingMs();
    return this.#live.find(id);
  }

  async recordUse(id: string): Promise<void> {
    await this.database.transaction((tx) =>
      // Whoever finds the row held has nothing to wait for: it is being noted, or the key is being revoked.
      tx.query(
        `UPDATE api_keys SET last_used_at = now() WHERE id =
           (SELECT id FROM api_keys WHERE id = $1 AND ${USE_IS_DUE} FOR NO KEY UPDATE SKIP LOCKED)`,
        [id],
      ),
    );
  }

  // Why `users` is read here: see the sessions' adapter. Both are asked in one moment.
  async #findAlive(ids: string[]): Promise<LiveApiKey[]> {
    const rows = await this.database.read((manager) =>
      manager.query<LiveApiKey[]>(
        `SELECT k.id, k.user_id, u.role, encode(k.secret_hash, 'hex') AS secret_hash, k.scopes,
           coalesce(k.expires_at <= now(), false) AS has_expired, ${USE_IS_DUE} AS is_use_due
         FROM api_keys k JOIN users u ON u.id = k.user_id
         WHERE k.id = ANY($1::uuid[]) AND u.${MAY_SIGN_IN}`,
        [ids],
      ),
    );
    return rows.map((row) => Object.assign(new LiveApiKey(), row));
  }
}

/** The account is held until the transaction ends: of many keys made at once, no two take the same last place. */
async function makeRoom(tx: EntityManager, userId: string, maxKeys: number): Promise<void> {
  const [owner] = await tx.query<unknown[]>(
    `SELECT 1 FROM users WHERE id = $1 AND ${MAY_SIGN_IN} FOR NO KEY UPDATE`,
    [userId],
  );
  if (!owner) throw new AppError('UNAUTHORIZED');
  await tx.query(
    `DELETE FROM api_keys WHERE id IN (
       SELECT id FROM api_keys WHERE user_id = $1 AND expires_at <= now() ORDER BY expires_at
       LIMIT greatest(0, (SELECT count(*) FROM api_keys WHERE user_id = $1) + 1 - $2::integer))`,
    [userId, maxKeys],
  );
  const [{ count }] = await tx.query<[{ count: number }]>(
    'SELECT count(*)::integer AS count FROM api_keys WHERE user_id = $1',
    [userId],
  );
  if (count >= maxKeys) throw API_KEY_LIMIT.error();
}
