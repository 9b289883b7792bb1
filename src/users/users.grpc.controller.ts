import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { AppError, type FieldError } from '../platform/errors/index.js';
import { RequirePermission, SelfOr } from '../platform/security/index.js';
import {
  UpdateUserRoleMessage,
  UpdateUserStatusMessage,
  type StatusChange,
} from './dto/change-access.dto.js';
import { CreateUser } from './dto/create-user.dto.js';
import { ListUsersQuery } from './dto/list-users.dto.js';
import { UpdateUserMessage, type UserChanges } from './dto/update-user.dto.js';
import { DeleteUserMessage, UserEmailMessage, UserIdMessage } from './dto/user-messages.dto.js';
import type { User, UserPage, UserSlice } from './dto/user.dto.js';
import { UserAccessService } from './user-access.service.js';
import { UsersService } from './users.service.js';

/** arcana.user.v1.UserService: the calls of REST. */
@Controller()
export class UsersGrpcController {
  constructor(
    private readonly users: UsersService,
    private readonly access: UserAccessService,
  ) {}

  @GrpcMethod('UserService', 'GetUser')
  @SelfOr('users:read')
  async getUser(@Payload() { id }: UserIdMessage): Promise<{ user: User }> {
    return { user: await this.users.get(id) };
  }

  @GrpcMethod('UserService', 'GetUserByEmail')
  @RequirePermission('users:read')
  async getUserByEmail(@Payload() { email }: UserEmailMessage): Promise<{ user: User }> {
    return { user: await this.users.getByEmail(email) };
  }

  @GrpcMethod('UserService', 'ListUsers')
  @RequirePermission('users:list')
  async listUsers(@Payload() query: ListUsersQuery): Promise<UserPage | UserSlice> {
    return query.cursor === undefined ? this.users.list(query) : this.users.listFrom(query);
  }

  @GrpcMethod('UserService', 'CreateUser')
  @RequirePermission('users:create')
  async createUser(@Payload() request: CreateUser): Promise<{ user: User }> {
    return { user: await this.users.create(request) };
  }

  @GrpcMethod('UserService', 'UpdateUser')
  @SelfOr('users:update')
  async updateUser(@Payload() message: UpdateUserMessage): Promise<{ user: User }> {
    return { user: await this.users.update(message.id, changesIn(message), versionIn(message)) };
  }

  @GrpcMethod('UserService', 'DeleteUser')
  @RequirePermission('users:delete')
  async deleteUser(@Payload() message: DeleteUserMessage): Promise<Record<string, never>> {
    await this.access.delete(message.id, versionIn(message));
    return {};
  }

  @GrpcMethod('UserService', 'UpdateUserRole')
  @RequirePermission('users:change_role')
  async updateUserRole(@Payload() message: UpdateUserRoleMessage): Promise<{ user: User }> {
    const { id, role } = message;
    return { user: await this.access.changeRole(id, { role }, versionIn(message)) };
  }

  @GrpcMethod('UserService', 'UpdateUserStatus')
  @RequirePermission('users:change_status')
  async updateUserStatus(@Payload() message: UpdateUserStatusMessage): Promise<{ user: User }> {
    const { id, status, reason } = message;
    const change: StatusChange = { status, ...(reason !== undefined && { reason }) };
    return { user: await this.access.changeStatus(id, change, versionIn(message)) };
  }

  @GrpcMethod('UserService', 'EmailExists')
  @RequirePermission('users:read')
  async emailExists(@Payload() { email }: UserEmailMessage): Promise<{ exists: boolean }> {
    return { exists: await this.users.emailExists(email) };
  }
}

/** The one version that a write is meant for, if it names one. */
const versionIn = ({ expected_version }: { expected_version?: number }): number[] | undefined =>
  expected_version === undefined ? undefined : [expected_version];

/** What a field that stands in the mask but not in the message is set to; one that is not here cannot be left out. */
const EMPTIED: Readonly<Record<string, Partial<UserChanges>>> = {
  avatar_url: { avatar_url: null },
  metadata: { metadata: {} },
};
const MASKABLE = ['name', 'email', 'avatar_url', 'metadata'] as const;

/**
 * The changes that a mask selects; without a mask, those that are present.
 * Source: https://google.aip.dev/134, whose `*` (everything) is understood too.
 */
function changesIn({ user = {}, update_mask: mask = [] }: UpdateUserMessage): UserChanges {
  const paths = new Set(mask.flatMap((path) => (path === '*' ? MASKABLE : [path])));
  if (paths.size === 0) return user;
  const changes: UserChanges = {};
  const broken: FieldError[] = [];
  for (const path of paths) {
    const field = MASKABLE.find((name) => name === path);
    if (!field) {
      broken.push({
        field: 'update_mask',
        code: 'UNKNOWN_FIELD',
        message: `${path} is not a field that can be changed`,
      });
    } else if (user[field] !== undefined) {
      Object.assign(changes, { [field]: user[field] });
    } else if (EMPTIED[field]) {
      Object.assign(changes, EMPTIED[field]);
    } else {
      broken.push({
        field: `user.${field}`,
        code: 'IS_DEFINED',
        message: `${field} stands in the mask and must be given`,
      });
    }
  }
  if (broken.length > 0) throw new AppError('VALIDATION_FAILED', { fields: broken });
  return changes;
}
