/**
 * Users: accounts, what they may be called, and what they prove themselves with. The front door for features that rank
 * higher; storage stays behind the ports.
 */
export { assertCovers } from './account-authority.js';
export { usersFeature } from './users.feature.js';
export { UserRepository } from './user.repository.js';
export { CredentialsRepository } from './credentials.repository.js';
export { AccountTokenRepository } from './account-token.repository.js';
export { Credentials, PasswordUpgrade } from './dto/credentials.dto.js';
export { User } from './dto/user.dto.js';
export {
  emailKey,
  IsDisplayName,
  IsEmailAddress,
  MAX_EMAIL_LENGTH,
  MAX_NAME_LENGTH,
} from './account-rules.js';
export { hashOpaqueToken, isOpaqueToken, IsTokenHash, newOpaqueToken } from './opaque-token.js';
export { ACCOUNT_ABOVE_OWN, EMAIL_TAKEN, SUPER_ADMIN_PROTECTED } from './users.errors.js';
export { UserCreated, UserDeleted } from './users.events.js';
export { PasswordResetEmail, VerifyEmail } from './users.jobs.js';
export { plainMail } from './mail-text.js';
