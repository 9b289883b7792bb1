import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/index.js';
import { StoredSession, StoredSessionPage, type ListSessionsQuery } from './dto/session-list.dto.js';
import type { SessionUse } from './dto/session.dto.js';
import { ALIVE, IDLE_END } from './session-alive.js';
import { SessionRecordRepository } from './session-record.repository.js';

const OWN_ALIVE = `FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.user_id = $1 AND ${ALIVE}`;

/** Records of sessions in PostgreSQL. */
@Injectable()
export class TypeOrmSessionRecordRepository extends SessionRecordRepository {
  constructor(private readonly database: Database) {
    super();
  }

  list(userId: string, { page, size }: ListSessionsQuery): Promise<StoredSessionPage> {
    return this.database.read(async (manager) => {
      const rows = await manager.query<StoredSession[]>(
        `SELECT s.id, s.device_name, s.ip AS ip_address, s.user_agent, s.created_at, s.last_used_at,
           s.absolute_expires_at AS expires_at, least(s.absolute_expires_at, ${IDLE_END}) AS idle_expires_at
         ${OWN_ALIVE} ORDER BY s.last_used_at DESC, s.id DESC LIMIT $2 OFFSET $3`,
        [userId, size, page * size],
      );
      const [counted] = await manager.query<{ total: number }[]>(
        `SELECT count(*)::integer AS total ${OWN_ALIVE}`,
        [userId],
      );
      const data = rows.map((row) => Object.assign(new StoredSession(), row));
      return Object.assign(new StoredSessionPage(), { data, total: counted!.total });
    });
  }

  async recordUse(uses: SessionUse[]): Promise<void> {
    await this.database.transaction((tx) =>
      tx.query(
        `UPDATE sessions s SET last_used_at = used.at FROM (
           SELECT s.id, now() - given.ms_ago * interval '1 millisecond' AS at
           FROM unnest($1::uuid[], $2::bigint[]) AS given(id, ms_ago) JOIN sessions s ON s.id = given.id
           WHERE s.revoked_at IS NULL AND s.last_used_at < now() - given.ms_ago * interval '1 millisecond'
             AND ${IDLE_END} > now() - given.ms_ago * interval '1 millisecond'
           FOR NO KEY UPDATE OF s SKIP LOCKED
         ) AS used WHERE s.id = used.id`,
        [uses.map(({ session_id }) => session_id), uses.map(({ ms_ago }) => ms_ago)],
      ),
    );
  }

  prune(before: Date, limit: number): Promise<number> {
    return this.database.transaction(async (tx) => {
      // Two indexes, each read from its old end; a session that is found in both is one. Another process that prunes at
      // the same time takes others.
      const [, deleted] = await tx.query<[object[], number]>(
        `DELETE FROM sessions WHERE id IN (
           SELECT s.id FROM sessions s WHERE s.id IN (
             (SELECT id FROM sessions WHERE absolute_expires_at < $1 ORDER BY absolute_expires_at LIMIT $2)
             UNION
             (SELECT id FROM sessions WHERE revoked_at < $1 ORDER BY revoked_at LIMIT $2)
           ) LIMIT $2 FOR UPDATE SKIP LOCKED)`,
        [before, limit],
      );
      return deleted;
    });
  }
}
