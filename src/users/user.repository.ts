import { Effects } from '../platform/database/index.js';
import { listOf, Nothing, nullable, optional, RemotePort } from '../platform/deployment/index.js';
import type { Role } from '../platform/security/index.js';
import type { SettableStatus } from './dto/change-access.dto.js';
import { NewUser } from './dto/create-user.dto.js';
import { ListStart, ListUsersQuery } from './dto/list-users.dto.js';
import { UserChanges } from './dto/update-user.dto.js';
import { User, UserPage } from './dto/user.dto.js';

/** Port: stored accounts. Deleted ones are not found, but keep their e-mail address. */
@RemotePort<UserRepository>({
  create: { args: [NewUser, Effects], result: User },
  createUnlessTaken: { args: [NewUser, Effects, Effects], result: Boolean },
  createFirstSuperAdmin: { args: [NewUser, Effects], result: nullable(User) },
  hasSuperAdmin: { args: [], result: Boolean, idempotent: true },
  find: { args: [String], result: nullable(User), idempotent: true },
  findByEmail: { args: [String], result: nullable(User), idempotent: true },
  emailExists: { args: [String], result: Boolean, idempotent: true },
  list: { args: [ListUsersQuery], result: UserPage, idempotent: true },
  listFrom: { args: [ListUsersQuery, optional(ListStart)], result: listOf(User), idempotent: true },
  update: { args: [String, Number, UserChanges, Effects], result: User },
  changeRole: { args: [String, Number, String, Effects], result: User },
  changeStatus: { args: [String, Number, String, Effects], result: User },
  delete: { args: [String, Number, Effects], result: Nothing },
  findDeleted: { args: [String], result: nullable(User), idempotent: true },
  restore: { args: [String, Number, Effects], result: User },
})
export abstract class UserRepository {
  /** Stores a new account and its effects in one transaction. @throws EMAIL_TAKEN (CONFLICT), also when two callers race. */
  abstract create(user: NewUser, effects: Effects): Promise<User>;

  /**
   * As {@link create}, but a taken address is no error: then `otherwise` is written instead, by as many statements.
   * @returns whether there is a new account
   */
  abstract createUnlessTaken(user: NewUser, effects: Effects, otherwise: Effects): Promise<boolean>;

  /**
   * As {@link create}, unless there is a super_admin already: then null. Of any number of callers at once, in any
   * number of processes, one gets the account. @throws EMAIL_TAKEN (CONFLICT)
   */
  abstract createFirstSuperAdmin(user: NewUser, effects: Effects): Promise<User | null>;

  /** Whether there is a super_admin that was not deleted. */
  abstract hasSuperAdmin(): Promise<boolean>;

  /** The account with this id (UUID). */
  abstract find(id: string): Promise<User | null>;

  /** The account with this e-mail address, compared without regard to case. */
  abstract findByEmail(email: string): Promise<User | null>;

  /** Whether an account holds this e-mail address, deleted ones included. */
  abstract emailExists(email: string): Promise<boolean>;

  /** One page of accounts, and how many there are on all pages. */
  abstract list(query: ListUsersQuery): Promise<UserPage>;

  /**
   * The accounts that follow on a place in the list, or that stand before it, nearest first, `query.size` + 1 at most:
   * the one too many tells that there are more. Nothing is counted, and how deep the place lies costs nothing.
   */
  abstract listFrom(query: ListUsersQuery, start?: ListStart): Promise<User[]>;

  /**
   * Writes the fields that are present, if the account still has `version`; an e-mail address that changes is no longer
   * verified, and tokens mailed to the old one are void.
   * @throws PRECONDITION_FAILED when it has another version or is gone; EMAIL_TAKEN (CONFLICT)
   */
  abstract update(id: string, version: number, changes: UserChanges, effects: Effects): Promise<User>;

  /**
   * Gives the account another role, if it still has `version`; all its access ends in the same statement.
   * @throws PRECONDITION_FAILED when it has another version or is gone; LAST_SUPER_ADMIN (CONFLICT), also when the last
   *   two are removed at once, in whatever way
   */
  abstract changeRole(id: string, version: number, role: Role, effects: Effects): Promise<User>;

  /** Gives the account another status, as {@link changeRole}. @throws as there */
  abstract changeStatus(id: string, version: number, status: SettableStatus, effects: Effects): Promise<User>;

  /**
   * Deletes the account softly, if it still has `version`; all its access ends in the same statement.
   * @throws as {@link changeRole}
   */
  abstract delete(id: string, version: number, effects: Effects): Promise<void>;

  /** The account with this id (UUID) if it was deleted. */
  abstract findDeleted(id: string): Promise<User | null>;

  /**
   * Brings a deleted account back with the status it had, if it still has `version`. One whose status was not noted
   * is active when its address is verified, else waits for verification. The audit entries of `effects` are given the
   * status that it has again, as `after`.
   * @throws PRECONDITION_FAILED when it has another version or is not deleted
   */
  abstract restore(id: string, version: number, effects: Effects): Promise<User>;
}
