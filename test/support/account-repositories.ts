import type { DataSource } from 'typeorm';
import { NewSession } from '../../src/auth/dto/session.dto.js';
import { TypeOrmSessionRecordRepository } from '../../src/auth/session-record.typeorm.repository.js';
import { TypeOrmSessionRepository } from '../../src/auth/session.typeorm.repository.js';
import { ArcanaConfig, DatabaseSettings } from '../../src/platform/config/index.js';
import {
  createDataSource,
  Database,
  effects,
  EffectsWriter,
  newId,
  type Effects,
} from '../../src/platform/database/index.js';
import type { Reason } from '../../src/platform/errors/index.js';
import { TypeOrmAccountTokenRepository } from '../../src/users/account-token.typeorm.repository.js';
import { TypeOrmCredentialsRepository } from '../../src/users/credentials.typeorm.repository.js';
import { NewUser } from '../../src/users/dto/create-user.dto.js';
import type { User } from '../../src/users/dto/user.dto.js';
import { newOpaqueToken } from '../../src/users/index.js';
import { UserEntity } from '../../src/users/user.entity.js';
import { TypeOrmUserRepository } from '../../src/users/user.typeorm.repository.js';
import { migratedTemplate } from './application.js';
import { createTestDatabase } from './embedded-postgres.js';

const DAY_SECS = 86_400;

/** The adapters of one process: each has connections of its own. */
export interface AccountProcess {
  readonly dataSource: DataSource;
  readonly users: TypeOrmUserRepository;
  readonly credentials: TypeOrmCredentialsRepository;
  readonly tokens: TypeOrmAccountTokenRepository;
  readonly sessions: TypeOrmSessionRepository;
  readonly records: TypeOrmSessionRecordRepository;
}

export interface AccountRepositories extends AccountProcess {
  /** A second process on the same database. */
  readonly other: AccountProcess;
  /** Stores an account with these fields. */
  create(fields?: Partial<NewUser>): Promise<User>;
  close(): Promise<void>;
}

async function connect(url: string, config = new ArcanaConfig()): Promise<AccountProcess> {
  // What takes long here waits on purpose: no line in the test's output for it.
  const settings = Object.assign(new DatabaseSettings(), { url, slow_query_ms: 60_000 });
  const dataSource = createDataSource(settings, [UserEntity]);
  await dataSource.initialize();
  const [database, writer] = [new Database(dataSource), new EffectsWriter()];
  return {
    dataSource,
    users: new TypeOrmUserRepository(database, writer, config),
    credentials: new TypeOrmCredentialsRepository(database, writer, config),
    tokens: new TypeOrmAccountTokenRepository(database, writer, config),
    sessions: new TypeOrmSessionRepository(database, writer),
    records: new TypeOrmSessionRecordRepository(database),
  };
}

/** The adapters of users and auth on a migrated database of their own. */
export async function openAccountRepositories(config?: ArcanaConfig): Promise<AccountRepositories> {
  const database = await createTestDatabase({ template: await migratedTemplate() });
  const [own, other] = [await connect(database.url, config), await connect(database.url, config)];
  return {
    ...own,
    other,
    create: (fields) => own.users.create(newUser(fields), effects()),
    close: async () => {
      await own.dataSource.destroy();
      await other.dataSource.destroy();
      await database.drop();
    },
  };
}

let made = 0;

/** An account to store, with an address that nobody has. */
export const newUser = (fields: Partial<NewUser> = {}): NewUser =>
  Object.assign(new NewUser(), {
    id: newId(),
    name: 'Ada Lovelace',
    email: `ada${++made}@example.com`,
    role: 'user',
    status: 'active',
    email_verified: true,
    password_hash: null,
    ...fields,
  });

export interface OpenedSession {
  id: string;
  user_id: string;
  /** Hash of its first refresh token. */
  hash: string;
}

/** Opens a session, of a new account unless `fields` names one. */
export async function openSession(
  { sessions, create }: AccountRepositories,
  fields: Partial<NewSession> = {},
  caused: Effects = effects(),
): Promise<OpenedSession> {
  const session = Object.assign(new NewSession(), {
    id: newId(),
    user_id: fields.user_id ?? (await create()).id,
    access_epoch: 0,
    token_hash: newOpaqueToken().hash,
    refresh_lifetime_secs: 7 * DAY_SECS,
    absolute_lifetime_secs: 30 * DAY_SECS,
    idle_lifetime_secs: 7 * DAY_SECS,
    ...fields,
  });
  await sessions.open(session, caused);
  return { id: session.id, user_id: session.user_id, hash: session.token_hash };
}

/** How many audit entries of this action a target has. */
export const audited = async (source: DataSource, action: string, target: string): Promise<number> =>
  (await source.query('SELECT 1 FROM audit_logs WHERE action = $1 AND target_id = $2', [action, target]))
    .length;

/** What an error is like that was thrown for this reason. */
export const because = (reason: Reason): object => ({ fields: [{ code: reason.definition.reason }] });

/** How many of several attempts at once came through. */
export const outcomes = (results: PromiseSettledResult<unknown>[]): string[] =>
  results.map(({ status }) => status).sort();
