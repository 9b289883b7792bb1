import { Injectable } from '@nestjs/common';
import { Brackets, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import { Database, EffectsWriter, throwReasonOf, type Effects } from '../platform/database/index.js';
import { AppError } from '../platform/errors/index.js';
import { emailKey } from './account-rules.js';
import type { NewUser } from './dto/create-user.dto.js';
import type { ListUsersQuery } from './dto/list-users.dto.js';
import type { UserChanges } from './dto/update-user.dto.js';
import type { User, UserPage } from './dto/user.dto.js';
import { UserEntity } from './user.entity.js';
import { toUser } from './user.mapper.js';
import { UserRepository } from './user.repository.js';
import { EMAIL_TAKEN, LAST_SUPER_ADMIN } from './users.errors.js';

/** Any constant will do, as long as every process uses the same. */
const FIRST_SUPER_ADMIN_LOCK = 7_239_042;
const CONSTRAINTS = { uq_users_email: EMAIL_TAKEN };
/** Written exactly as in the index, so that the planner finds it. */
const EMAIL_KEY = 'lower(u.email COLLATE "C")';

const present = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;

const likeAnywhere = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

/** Accounts in PostgreSQL. */
@Injectable()
export class TypeOrmUserRepository extends UserRepository {
  constructor(
    private readonly database: Database,
    private readonly effects: EffectsWriter,
  ) {
    super();
  }

  async create(user: NewUser, effects: Effects): Promise<User> {
    return this.database.transaction((tx) => this.#insert(tx, user, effects)).catch(asReason);
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
    return this.#findOne('u.id = :id', { id });
  }

  findByEmail(email: string): Promise<User | null> {
    return this.#findOne(`${EMAIL_KEY} = :key`, { key: emailKey(email) });
  }

  emailExists(email: string): Promise<boolean> {
    return this.database.read((manager) =>
      users(manager)
        .where(`${EMAIL_KEY} = :key`, { key: emailKey(email) })
        .getExists(),
    );
  }

  async list(query: ListUsersQuery): Promise<UserPage> {
    const { page, size, sort, order } = query;
    const direction = order === 'asc' ? 'ASC' : 'DESC';
    const [rows, total] = await this.database.read((manager) =>
      matching(manager, query)
        .orderBy(`u.${sort}`, direction, sort === 'last_login_at' ? 'NULLS LAST' : undefined)
        // Equal values need one order too, or a row could stand on two pages and another on none.
        .addOrderBy('u.id', direction)
        .offset(page * size)
        .limit(size)
        .getManyAndCount(),
    );
    return { data: rows.map(toUser), page, size, total };
  }

  async update(id: string, version: number, changes: UserChanges, effects: Effects): Promise<User> {
    return this.database
      .transaction(async (tx) => {
        const row = await lock(tx, id, version);
        const movesAway = changes.email !== undefined && emailKey(changes.email) !== emailKey(row.email);
        const set = { ...present(changes), ...(movesAway && { email_verified: false }) };
        const updated = await write(tx, id, set);
        await this.effects.write(tx, effects);
        return toUser(updated);
      })
      .catch(asReason);
  }

  async delete(id: string, version: number, effects: Effects): Promise<void> {
    await this.database.transaction(async (tx) => {
      await guardLastSuperAdmin(tx, id);
      await lock(tx, id, version);
      await tx.query('DELETE FROM account_tokens WHERE user_id = $1', [id]);
      await write(tx, id, {
        status: 'deleted',
        deleted_at: () => 'now()',
        access_epoch: () => 'access_epoch + 1',
      });
      await this.effects.write(tx, effects);
    });
  }

  async #insert(tx: EntityManager, user: NewUser, effects: Effects): Promise<User> {
    const { id, name, email, role, status, email_verified, password_hash } = user;
    const inserted = await tx
      .createQueryBuilder()
      .insert()
      .into(UserEntity)
      .values({ id, name, email, role, status, email_verified, password_hash })
      .returning('*')
      .execute();
    await this.effects.write(tx, effects);
    return toUser((inserted.raw as UserEntity[])[0]!);
  }

  async #findOne(condition: string, parameters: object): Promise<User | null> {
    const row = await this.database.read((manager) =>
      users(manager).where(condition, parameters).andWhere(`u.status <> 'deleted'`).getOne(),
    );
    return row && toUser(row);
  }
}

const asReason = (error: unknown): never => throwReasonOf(error, CONSTRAINTS);

const users = (manager: EntityManager): SelectQueryBuilder<UserEntity> =>
  manager.createQueryBuilder(UserEntity, 'u');

const superAdminExists = (manager: EntityManager): Promise<boolean> =>
  users(manager).where(`u.role = 'super_admin' AND u.status <> 'deleted'`).getExists();

function matching(manager: EntityManager, query: ListUsersQuery): SelectQueryBuilder<UserEntity> {
  const { search, role, status, created_after, created_before } = query;
  const found = users(manager).where(status ? 'u.status = :status' : `u.status <> 'deleted'`, { status });
  if (role) found.andWhere('u.role = :role', { role });
  if (created_after) found.andWhere('u.created_at > :created_after', { created_after });
  if (created_before) found.andWhere('u.created_at < :created_before', { created_before });
  if (search) {
    const pattern = likeAnywhere(search);
    found.andWhere(
      new Brackets((or) => or.where('u.name ILIKE :pattern').orWhere('u.email ILIKE :pattern')),
      { pattern },
    );
  }
  return found;
}

/** Holds the row until the transaction ends. @throws PRECONDITION_FAILED when it has another version or is gone */
async function lock(tx: EntityManager, id: string, version: number): Promise<UserEntity> {
  const row = await users(tx)
    .setLock('pessimistic_write')
    .where(`u.id = :id AND u.version = :version AND u.status <> 'deleted'`, { id, version })
    .getOne();
  if (!row) throw new AppError('PRECONDITION_FAILED');
  return row;
}

type Columns = { [K in keyof UserEntity]?: UserEntity[K] | (() => string) };

async function write(tx: EntityManager, id: string, columns: Columns): Promise<UserEntity> {
  const written = await tx
    .createQueryBuilder()
    .update(UserEntity)
    .set({ ...columns, version: () => 'version + 1', updated_at: () => 'now()' } as object)
    .where('id = :id', { id })
    .returning('*')
    .execute();
  return (written.raw as UserEntity[])[0]!;
}

/**
 * Locks every active super_admin, in the order of their ids so that two callers cannot wait for each other; the second
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
