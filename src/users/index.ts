/**
 * Users: accounts, what they may be called, and what they prove themselves with. The front door for features that rank
 * higher; storage stays behind the ports.
 */
export { usersFeature } from './users.feature.js';
export { UsersService } from './users.service.js';
export { UserRepository } from './user.repository.js';
export { CredentialsRepository } from './credentials.repository.js';
export { Credentials, PasswordTokenOwner, PasswordUpgrade } from './dto/credentials.dto.js';
export { NewUser } from './dto/create-user.dto.js';
export { User, USER_STATUSES } from './dto/user.dto.js';
export type { UserStatus } from './dto/user.dto.js';
export {
  emailKey,
  IsDisplayName,
  IsEmailAddress,
  MAX_EMAIL_LENGTH,
  MAX_NAME_LENGTH,
} from './account-rules.js';
export { hashOpaqueToken, isOpaqueToken, newOpaqueToken } from './opaque-token.js';
export type { OpaqueToken } from './opaque-token.js';
export { EMAIL_TAKEN } from './users.errors.js';
export { UserCreated, UserDeleted, UserUpdated } from './users.events.js';
