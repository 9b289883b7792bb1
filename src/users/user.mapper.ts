import { Credentials } from './dto/credentials.dto.js';
import { User } from './dto/user.dto.js';
import type { UserEntity } from './user.entity.js';

/** The account as others may see it. A list of what goes out, not of what stays: a new column is hidden until named. */
export function toUser(row: UserEntity): User {
  return Object.assign(new User(), {
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    status: row.status,
    email_verified: row.email_verified,
    avatar_url: row.avatar_url,
    metadata: row.metadata,
    sync_status: row.sync_status,
    last_login_at: row.last_login_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
    version: row.version,
  } satisfies User);
}

/** What sign-in needs of the account. */
export function toCredentials(row: UserEntity): Credentials {
  return Object.assign(new Credentials(), {
    user_id: row.id,
    role: row.role,
    status: row.status,
    email_verified: row.email_verified,
    password_hash: row.password_hash,
    access_epoch: row.access_epoch,
  } satisfies Credentials);
}
