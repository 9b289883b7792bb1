import { Injectable } from '@nestjs/common';
import { effects } from '../platform/database/index.js';
import { listOf, Nothing, optional, Remote } from '../platform/deployment/index.js';
import { AppError } from '../platform/errors/index.js';
import { AccessCuts, covers, currentPrincipal } from '../platform/security/index.js';
import { RoleChange, StatusChange, type SettableStatus } from './dto/change-access.dto.js';
import { User, type UserStatus } from './dto/user.dto.js';
import { writeJudged, type Judged } from './judged-write.js';
import { UserRepository } from './user.repository.js';
import { NOT_DELETED, OWN_ACCESS, ROLE_ABOVE_OWN, STATUS_TRANSITION_REFUSED } from './users.errors.js';
import { UserDeleted, UserRestored, UserRoleChanged, UserStatusChanged } from './users.events.js';

/**
 * Which status follows on which by an administrator's word. A suspended account is not locked: whoever may only lift
 * locks would then end the suspension.
 */
const TRANSITIONS: Readonly<Record<UserStatus, readonly SettableStatus[]>> = {
  pending_verification: ['active', 'suspended', 'locked'],
  active: ['suspended', 'locked'],
  suspended: ['active'],
  locked: ['active', 'suspended'],
  deleted: [],
};

/** What gives an account its access and takes it away: role, status, deletion and restoration. */
@Injectable()
export class UserAccessService {
  constructor(
    private readonly users: UserRepository,
    private readonly cuts: AccessCuts,
  ) {}

  /**
   * Gives an account another role; what it had opened with the old one ends. Nothing is written when it has the role.
   * @param versions the change is meant for one of these versions alone; absent: for whatever there is
   * @throws NOT_FOUND; PRECONDITION_FAILED; OWN_ACCESS, SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN, ROLE_ABOVE_OWN (FORBIDDEN);
   *   LAST_SUPER_ADMIN, CONFLICT
   */
  @Remote({ args: [String, RoleChange, optional(listOf(Number))], result: User })
  async changeRole(id: string, { role }: RoleChange, versions?: number[]): Promise<User> {
    refuseOwn(id);
    if (!covers(currentPrincipal(), role)) throw ROLE_ABOVE_OWN.error();
    return this.#cutting(id, {
      read: () => this.#get(id),
      versions,
      write: async (user) => {
        if (user.role === role) return user;
        const change = effects()
          .event(UserRoleChanged, { user_id: id, from: user.role, to: role })
          .audited('USER_ROLE_CHANGED', {
            target: id,
            details: { before: { role: user.role }, after: { role } },
          });
        return this.users.changeRole(id, user.version, role, change);
      },
    });
  }

  /**
   * Shuts an account out, or lets it in again; its sessions end either way. Nothing is written when it has the status.
   * @param versions as in {@link changeRole}
   * @throws NOT_FOUND; PRECONDITION_FAILED; OWN_ACCESS, SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN (FORBIDDEN);
   *   STATUS_TRANSITION_REFUSED, LAST_SUPER_ADMIN, CONFLICT
   */
  @Remote({ args: [String, StatusChange, optional(listOf(Number))], result: User })
  async changeStatus(id: string, { status, reason }: StatusChange, versions?: number[]): Promise<User> {
    refuseOwn(id);
    return this.#cutting(id, {
      read: () => this.#get(id),
      versions,
      write: async (user) => {
        if (user.status === status) return user;
        if (!TRANSITIONS[user.status].includes(status)) throw STATUS_TRANSITION_REFUSED.error();
        const change = effects()
          .event(UserStatusChanged, { user_id: id, from: user.status, to: status })
          .audited('USER_STATUS_CHANGED', {
            target: id,
            details: {
              before: { status: user.status },
              after: { status },
              ...(reason ? { reason } : {}),
            },
          });
        return this.users.changeStatus(id, user.version, status, change);
      },
    });
  }

  /**
   * Deletes the account softly: it can no longer sign in, its sessions end, its e-mail address stays reserved.
   * @param versions as in {@link changeRole}
   * @throws NOT_FOUND; PRECONDITION_FAILED; SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN (FORBIDDEN); LAST_SUPER_ADMIN, CONFLICT
   */
  @Remote({ args: [String, optional(listOf(Number))], result: Nothing })
  async delete(id: string, versions?: number[]): Promise<void> {
    await this.#cutting(id, {
      read: () => this.#get(id),
      versions,
      write: async (user) => {
        const { name, email, role, status } = user;
        const deletion = effects()
          .event(UserDeleted, { user_id: id })
          .audited('USER_DELETED', { target: id, details: { before: { name, email, role, status } } });
        await this.users.delete(id, user.version, deletion);
      },
    });
  }

  /**
   * Brings a deleted account back as it was, with its status; the sessions it had stay dead.
   * @param versions as in {@link changeRole}
   * @throws NOT_FOUND; NOT_DELETED (CONFLICT); PRECONDITION_FAILED; SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN (FORBIDDEN); CONFLICT
   */
  @Remote({ args: [String, optional(listOf(Number))], result: User })
  async restore(id: string, versions?: number[]): Promise<User> {
    return this.#cutting(id, {
      read: async () => {
        const deleted = await this.users.findDeleted(id);
        if (deleted) return deleted;
        // Tells an account that is there from one that never was.
        await this.#get(id);
        throw NOT_DELETED.error();
      },
      versions,
      write: (user) =>
        this.users.restore(
          id,
          user.version,
          effects()
            .event(UserRestored, { user_id: id })
            .audited('USER_RESTORED', { target: id, details: { before: { status: 'deleted' } } }),
        ),
    });
  }

  /**
   * What processes remember of the account's access ends before the caller is answered; also when there was nothing to
   * write, for an earlier attempt may have written and died before it came to this.
   */
  async #cutting<T>(id: string, change: Judged<T>): Promise<T> {
    const changed = await writeJudged(change);
    await this.cuts.ofUser(id);
    return changed;
  }

  async #get(id: string): Promise<User> {
    const user = await this.users.find(id);
    if (!user) throw new AppError('NOT_FOUND');
    return user;
  }
}

/** Nobody raises themselves, and nobody shuts themselves out by mistake. UUIDs are the same whatever their case. */
function refuseOwn(id: string): void {
  if (id.toLowerCase() === currentPrincipal().id.toLowerCase()) throw OWN_ACCESS.error();
}
