import { IsArray, IsIn, IsString, IsUUID } from 'class-validator';
import { defineEvent } from '../platform/events/index.js';
import { ROLES, type Role } from '../platform/security/index.js';
import { USER_STATUSES, type UserStatus } from './dto/user.dto.js';

const ofUser = (data: { user_id: string }): string => `user:${data.user_id}`;

export class UserCreatedData {
  @IsUUID()
  user_id: string;

  @IsIn(ROLES)
  role: Role;
}

/** An account came into being, by registration, by an administrator or at the first start. */
export const UserCreated = defineEvent({
  type: 'user.created',
  version: 1,
  schema: UserCreatedData,
  subject: ofUser,
});

export class UserUpdatedData {
  @IsUUID()
  user_id: string;

  /** Names of the fields that changed; their values are read from the account. */
  @IsArray()
  @IsString({ each: true })
  fields: string[];
}

export const UserUpdated = defineEvent({
  type: 'user.updated',
  version: 1,
  schema: UserUpdatedData,
  subject: ofUser,
});

export class UserRoleChangedData {
  @IsUUID()
  user_id: string;

  @IsIn(ROLES)
  from: Role;

  @IsIn(ROLES)
  to: Role;
}

export const UserRoleChanged = defineEvent({
  type: 'user.role_changed',
  version: 1,
  schema: UserRoleChangedData,
  subject: ofUser,
});

export class UserStatusChangedData {
  @IsUUID()
  user_id: string;

  @IsIn(USER_STATUSES)
  from: UserStatus;

  @IsIn(USER_STATUSES)
  to: UserStatus;
}

/** An account moved from one status to another; deletion is an event of its own. */
export const UserStatusChanged = defineEvent({
  type: 'user.status_changed',
  version: 1,
  schema: UserStatusChangedData,
  subject: ofUser,
});

export class EmailVerifiedData {
  @IsUUID()
  user_id: string;
}

/** The owner proved that the account's e-mail address is theirs. */
export const EmailVerified = defineEvent({
  type: 'auth.email_verified',
  version: 1,
  schema: EmailVerifiedData,
  subject: ofUser,
});

export class UserDeletedData {
  @IsUUID()
  user_id: string;
}

export const UserDeleted = defineEvent({
  type: 'user.deleted',
  version: 1,
  schema: UserDeletedData,
  subject: ofUser,
});

export class UserRestoredData {
  @IsUUID()
  user_id: string;
}

/** A deleted account came back. */
export const UserRestored = defineEvent({
  type: 'user.restored',
  version: 1,
  schema: UserRestoredData,
  subject: ofUser,
});
