import { Injectable } from '@nestjs/common';
import { effects, newId, type Effects } from '../platform/database/index.js';
import { listOf, optional, Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { AccessCuts, covers, currentPrincipal } from '../platform/security/index.js';
import { emailKey } from './account-rules.js';
import { CreateUser } from './dto/create-user.dto.js';
import { ListUsersQuery } from './dto/list-users.dto.js';
import { UserChanges } from './dto/update-user.dto.js';
import { User, UserPage, UserSlice } from './dto/user.dto.js';
import { writeJudged } from './judged-write.js';
import { decodeUserCursor, encodeUserCursor } from './user-cursor.js';
import { UserRepository } from './user.repository.js';
import { ROLE_ABOVE_OWN } from './users.errors.js';
import { UserCreated, UserUpdated } from './users.events.js';
import { AddressChangedEmail, SetPasswordEmail, VerifyEmail } from './users.jobs.js';

const FIELDS = ['name', 'email', 'avatar_url', 'metadata'] as const;

/** The rules of accounts. Who may call at all is declared on the routes and rpcs; what depends on the account is here. */
@Injectable()
export class UsersService {
  constructor(
    private readonly users: UserRepository,
    private readonly cuts: AccessCuts,
  ) {}

  /** One page of accounts. */
  @Remote({ args: [ListUsersQuery], result: UserPage, idempotent: true })
  async list(query: ListUsersQuery): Promise<UserPage> {
    return this.users.list(query);
  }

  /**
   * The page of accounts that begins at `query.cursor`, the first one when that is empty. Nothing is counted; how deep it
   * lies costs nothing.
   * @throws INVALID_USER_CURSOR (VALIDATION_FAILED) for a cursor that this list, so sorted and filtered, has not given
   */
  @Remote({ args: [ListUsersQuery], result: UserSlice, idempotent: true })
  async listFrom(query: ListUsersQuery): Promise<UserSlice> {
    const start = decodeUserCursor(query, query.cursor ?? '');
    const found = await this.users.listFrom(query, start);
    // Whatever stood before is gone: what follows is the first page now.
    if (start?.backwards && found.length === 0) return this.listFrom({ ...query, cursor: '' });
    const hasMore = found.length > query.size;
    const data = found.slice(0, query.size);
    if (start?.backwards) data.reverse();
    // Whoever went back came from what follows; whoever went on, from what stands before.
    const [hasNext, hasPrevious] = start?.backwards ? [true, hasMore] : [hasMore, start !== undefined];
    const [first, last] = [data[0], data.at(-1)];
    return {
      data,
      next_cursor: hasNext && last ? encodeUserCursor(query, last, false) : null,
      prev_cursor: hasPrevious && first ? encodeUserCursor(query, first, true) : null,
    };
  }

  /** @throws NOT_FOUND also when the account was deleted */
  @Remote({ args: [String], result: User, idempotent: true })
  async get(id: string): Promise<User> {
    const user = await this.users.find(id);
    if (!user) throw new AppError('NOT_FOUND');
    return user;
  }

  /** The account with this e-mail address, compared without regard to case. @throws NOT_FOUND */
  @Remote({ args: [String], result: User, idempotent: true })
  async getByEmail(email: string): Promise<User> {
    const user = await this.users.findByEmail(email);
    if (!user) throw new AppError('NOT_FOUND');
    return user;
  }

  /** Whether the address is taken, deleted accounts included. */
  @Remote({ args: [String], result: Boolean, idempotent: true })
  async emailExists(email: string): Promise<boolean> {
    return this.users.emailExists(email);
  }

  /**
   * Creates an account without a password and mails its owner a token to set one.
   * @throws EMAIL_TAKEN (CONFLICT); ROLE_ABOVE_OWN (FORBIDDEN) when the role permits more than the caller has
   */
  @Remote({ args: [CreateUser], result: User })
  async create(request: CreateUser): Promise<User> {
    const role = request.role ?? 'user';
    if (!covers(currentPrincipal(), role)) throw ROLE_ABOVE_OWN.error();
    const id = newId();
    const account = { id, name: request.name, email: request.email, role };
    return this.users.create(
      { ...account, status: 'pending_verification', email_verified: false, password_hash: null },
      effects()
        .event(UserCreated, { user_id: id, role })
        .job(SetPasswordEmail, { user_id: id })
        .audited('USER_CREATED', {
          target: id,
          details: { after: { name: request.name, email: request.email, role } },
        }),
    );
  }

  /**
   * Changes the fields that are present. Nothing is written when none of them differs.
   * @param versions the caller's change is meant for one of these versions alone; absent: for whatever there is
   * @throws NOT_FOUND; PRECONDITION_FAILED when the account has none of `versions`; EMAIL_TAKEN (CONFLICT);
   *   SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN (FORBIDDEN); CONFLICT when others keep changing the account
   */
  @Remote({ args: [String, UserChanges, optional(listOf(Number))], result: User })
  async update(id: string, changes: UserChanges, versions?: number[]): Promise<User> {
    const updated = await writeJudged({
      read: () => this.get(id),
      versions,
      write: async (user) => {
        const changed = FIELDS.filter(
          (field) => changes[field] !== undefined && !equal(changes[field], user[field]),
        );
        if (changed.length === 0) return user;
        return this.users.update(
          id,
          user.version,
          pick(changes, changed),
          updateEffects(user, changes, changed),
        );
      },
    });
    await this.cuts.ofProfile(id);
    return updated;
  }
}

type Field = (typeof FIELDS)[number];

const pick = (changes: UserChanges, fields: readonly Field[]): UserChanges =>
  Object.assign(new UserChanges(), Object.fromEntries(fields.map((field) => [field, changes[field]])));

/** JSON values; the order of an object's keys tells nothing, jsonb does not keep it. */
function equal(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return one === other;
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === others.length &&
    keys.every((key) => Object.hasOwn(other, key) && equal(one[key as never], other[key as never]))
  );
}

/** The audit log keeps what names the account; metadata may be large and is not ours: only that it changed. */
function updateEffects(user: User, changes: UserChanges, fields: readonly Field[]): Effects {
  const kept = fields.filter((field) => field !== 'metadata');
  const of = (source: Partial<Record<Field, unknown>>) =>
    Object.fromEntries(kept.map((field) => [field, source[field]]));
  const movesAway = changes.email !== undefined && emailKey(changes.email) !== emailKey(user.email);
  const caused = effects()
    .event(UserUpdated, { user_id: user.id, fields: [...fields, ...(movesAway ? ['email_verified'] : [])] })
    .audited('USER_UPDATED', {
      target: user.id,
      details: { fields: [...fields], before: of(user), after: of(changes) },
    });
  if (movesAway) caused.job(VerifyEmail, { user_id: user.id });
  // Only to whom it was proved to belong: anybody may have typed an address that is not verified.
  if (movesAway && user.email_verified) {
    caused.job(AddressChangedEmail, { user_id: user.id, former_email: user.email });
  }
  return caused;
}
