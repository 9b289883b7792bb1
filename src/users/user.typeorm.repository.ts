import { Injectable } from '@nestjs/common';
import type { EntityManager, InsertQueryBuilder, SelectQueryBuilder } from 'typeorm';
import { ArcanaConfig } from '../platform/config/index.js';
import { Database, EffectsWriter, throwReasonOf, type Effects } from '../platform/database/index.js';
import { AppError } from '../platform/errors/index.js';
import type { Role } from '../platform/security/index.js';
import { emailKey } from './account-rules.js';
import type { SettableStatus } from './dto/change-access.dto.js';
import type { NewUser } from './dto/create-user.dto.js';
import type { ListStart, ListUsersQuery } from './dto/list-users.dto.js';
import type { UserChanges } from './dto/update-user.dto.js';
import type { User, UserPage } from './dto/user.dto.js';
import { withStatusAfter } from './status-after.js';
import { syncMark, type SyncMark } from './sync-mark.js';
import { UserEntity } from './user.entity.js';
import { countOf, EMAIL_KEY, pageOf, sliceOf, type Statement } from './user-list.query.js';
import { toUser } from './user.mapper.js';
import { UserRepository } from './user.repository.js';
import { EMAIL_TAKEN, LAST_SUPER_ADMIN } from './users.errors.js';

/** Any constant will do, as long as every process uses the same. */
const FIRST_SUPER_ADMIN_LOCK = 7_239_042;
const CONSTRAINTS = { uq_users_email: EMAIL_TAKEN };
const present = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;

/** Whatever was opened before is dead, in all processes. */
const CUT = { access_epoch: (): string => 'access_epoch + 1' };

/** Accounts in PostgreSQL. */
@Injectable()
export class TypeOrmUserRepository extends UserRepository {
  readonly #mark: SyncMark;

  constructor(
    private readonly database: Database,
    private readonly effects: EffectsWriter,
    config: ArcanaConfig,
  ) {
    super();
    this.#mark = syncMark(config);
  }

  async create(user: NewUser, effects: Effects): Promise<User> {
    return this.database.transaction((tx) => this.#insert(tx, user, effects)).catch(asReason);
  }

  createUnlessTaken(user: NewUser, effects: Effects, otherwise: Effects): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const inserted = await insertion(tx, user, this.#mark).orIgnore().returning('id').execute();
      const isNew = (inserted.raw as object[]).length > 0;
      await this.effects.write(tx, isNew ? effects : otherwise);
      return isNew;
    });
  }

  async createFirstSuperAdmin(user: NewUser, effects: Effects): Promise<User | null> {
    return this.database
      .transaction(async (tx) => {
        await tx.query('SELECT pg_advisory_xact_lock($1)', [FIRST_SUPER_ADMIN_LOCK]);
        return (await superAdminExists(tx)) ? null : this.#insert(tx, user, effects);
      })
      .catch(asReason);
  }

  hasSuperAdmin(): Promise<boolean> {
    return this.database.read(superAdminExists);
  }

  find(id: string): Promise<User | null> {
    return this.#findOne(`u.id = :id AND u.status <> 'deleted'`, { id });
  }

  findByEmail(email: string): Promise<User | null> {
    return this.#findOne(`${EMAIL_KEY} = :key AND u.status <> 'deleted'`, { key: emailKey(email) });
  }

  emailExists(email: string): Promise<boolean> {
    return this.database.read((manager) =>
      users(manager)
        .where(`${EMAIL_KEY} = :key`, { key: emailKey(email) })
        .getExists(),
    );
  }

  async list(query: ListUsersQuery): Promise<UserPage> {
    const { page, size } = query;
    const [rows, counted] = await this.database.read((manager) =>
      Promise.all([run<UserEntity>(manager, pageOf(query)), run<{ total: string }>(manager, countOf(query))]),
    );
    return { data: rows.map(toUser), page, size, total: Number(counted[0]!.total) };
  }

  async listFrom(query: ListUsersQuery, start?: ListStart): Promise<User[]> {
    const rows = await this.database.read((manager) => run<UserEntity>(manager, sliceOf(query, start)));
    return rows.map(toUser);
  }

  async update(id: string, version: number, changes: UserChanges, effects: Effects): Promise<User> {
    return this.database
      .transaction(async (tx) => {
        const row = await lock(tx, id, version);
        const movesAway = changes.email !== undefined && emailKey(changes.email) !== emailKey(row.email);
        const set = { ...present(changes), ...(movesAway && { email_verified: false }) };
        const updated = await this.#write(tx, id, set);
        await this.effects.write(tx, effects);
        return toUser(updated);
      })
      .catch(asReason);
  }

  changeRole(id: string, version: number, role: Role, effects: Effects): Promise<User> {
    return this.#changeAccess(id, version, { role }, role !== 'super_admin', effects);
  }

  changeStatus(id: string, version: number, status: SettableStatus, effects: Effects): Promise<User> {
    return this.#changeAccess(id, version, { status }, status !== 'active', effects);
  }

  async delete(id: string, version: number, effects: Effects): Promise<void> {
    const deletion: Columns = {
      status: 'deleted',
      deleted_at: () => 'now()',
      // The right-hand side of SET sees the row as it was.
      status_before_deletion: () => 'status',
    };
    await this.#changeAccess(id, version, deletion, true, effects, (tx) =>
      tx.query('DELETE FROM account_tokens WHERE user_id = $1', [id]),
    );
  }

  findDeleted(id: string): Promise<User | null> {
    return this.#findOne(`u.id = :id AND u.status = 'deleted'`, { id });
  }

  restore(id: string, version: number, effects: Effects): Promise<User> {
    return this.database.transaction(async (tx) => {
      await lock(tx, id, version, 'deleted');
      const restored = await this.#write(tx, id, {
        status: () =>
          `coalesce(status_before_deletion, CASE WHEN email_verified THEN 'active' ELSE 'pending_verification' END)`,
        status_before_deletion: null,
        deleted_at: null,
        ...CUT,
      });
      await this.effects.write(tx, withStatusAfter(effects, restored.status));
      return toUser(restored);
    });
  }

  /** Writes what decides over access, and ends all there is in the same statement. */
  #changeAccess(
    id: string,
    version: number,
    columns: Columns,
    removesGuardian: boolean,
    effects: Effects,
    alongside?: (tx: EntityManager) => Promise<unknown>,
  ): Promise<User> {
    return this.database.transaction(async (tx) => {
      if (removesGuardian) await guardLastSuperAdmin(tx, id);
      await lock(tx, id, version);
      await alongside?.(tx);
      const changed = await this.#write(tx, id, { ...columns, ...CUT });
      await this.effects.write(tx, effects);
      return toUser(changed);
    });
  }

  async #insert(tx: EntityManager, user: NewUser, effects: Effects): Promise<User> {
    const inserted = await insertion(tx, user, this.#mark).returning('*').execute();
    await this.effects.write(tx, effects);
    return toUser((inserted.raw as UserEntity[])[0]!);
  }

  async #write(tx: EntityManager, id: string, columns: Columns): Promise<UserEntity> {
    const grown = { version: () => 'version + 1', updated_at: () => 'now()', ...this.#mark };
    const written = await tx
      .createQueryBuilder()
      .update(UserEntity)
      .set({ ...columns, ...grown } as object)
      .where('id = :id', { id })
      .returning('*')
      .execute();
    return (written.raw as UserEntity[])[0]!;
  }

  async #findOne(condition: string, parameters: object): Promise<User | null> {
    const row = await this.database.read((manager) => users(manager).where(condition, parameters).getOne());
    return row && toUser(row);
  }
}

const asReason = (error: unknown): never => throwReasonOf(error, CONSTRAINTS);

const users = (manager: EntityManager): SelectQueryBuilder<UserEntity> =>
  manager.createQueryBuilder(UserEntity, 'u');

/** @param mark columns beside those that the caller chose */
function insertion(tx: EntityManager, user: NewUser, mark: SyncMark): InsertQueryBuilder<UserEntity> {
  const { id, name, email, role, status, email_verified, password_hash } = user;
  return tx
    .createQueryBuilder()
    .insert()
    .into(UserEntity)
    .values({ id, name, email, role, status, email_verified, password_hash, ...mark });
}

const superAdminExists = (manager: EntityManager): Promise<boolean> =>
  users(manager).where(`u.role = 'super_admin' AND u.status <> 'deleted'`).getExists();

const run = <T>(manager: EntityManager, { text, values }: Statement): Promise<T[]> =>
  manager.query<T[]>(text, values);

/** Holds the row until the transaction ends. @throws PRECONDITION_FAILED when it has another version or is not `wanted` */
async function lock(
  tx: EntityManager,
  id: string,
  version: number,
  wanted: 'there' | 'deleted' = 'there',
): Promise<UserEntity> {
  const row = await users(tx)
    .setLock('pessimistic_write')
    .where('u.id = :id AND u.version = :version', { id, version })
    .andWhere(wanted === 'deleted' ? `u.status = 'deleted'` : `u.status <> 'deleted'`)
    .getOne();
  if (!row) throw new AppError('PRECONDITION_FAILED');
  return row;
}

type Columns = { [K in keyof UserEntity]?: UserEntity[K] | (() => string) };

/**
 * Called before an active super_admin stops being one. Locks every active super_admin, in the order of their ids so that two callers cannot wait for each other; the second
 * caller then sees what the first has done.
 */
async function guardLastSuperAdmin(tx: EntityManager, id: string): Promise<void> {
  const guardians = await tx.query<{ id: string }[]>(
    `SELECT id FROM users
     WHERE role = 'super_admin' AND status = 'active'
       AND EXISTS (SELECT 1 FROM users WHERE id = $1 AND role = 'super_admin' AND status = 'active')
     ORDER BY id FOR UPDATE`,
    [id],
  );
  if (guardians.length === 1 && guardians[0]!.id === id) throw LAST_SUPER_ADMIN.error();
}
