import { IsOptional, IsUUID } from 'class-validator';
import { defineEvent } from '../platform/events/index.js';

const ofUser = (data: { user_id: string }): string => `user:${data.user_id}`;

export class UserRegisteredData {
  @IsUUID()
  user_id: string;
}

/** Somebody opened an account. */
export const UserRegistered = defineEvent({
  type: 'auth.user_registered',
  version: 1,
  schema: UserRegisteredData,
  subject: ofUser,
});

export class SessionData {
  @IsUUID()
  user_id: string;

  @IsUUID()
  session_id: string;
}

/** A session was opened. */
export const LoginSucceeded = defineEvent({
  type: 'auth.login_succeeded',
  version: 1,
  schema: SessionData,
  subject: ofUser,
});

/** Its owner ended a session; one event for each when all of them end at once. */
export const LoggedOut = defineEvent({
  type: 'auth.logged_out',
  version: 1,
  schema: SessionData,
  subject: ofUser,
});

/** A refresh token came back that had been traded already: it was stolen, or its successor was. The session is over. */
export const TokenReuseDetected = defineEvent({
  type: 'auth.token_reuse_detected',
  version: 1,
  schema: SessionData,
  subject: ofUser,
});

export class LoginFailedData {
  /** Absent when no account has the address that was given. The address itself is not told: people type passwords there. */
  @IsOptional()
  @IsUUID()
  user_id?: string;
}

export const LoginFailed = defineEvent({
  type: 'auth.login_failed',
  version: 1,
  schema: LoginFailedData,
  subject: ({ user_id }) => (user_id === undefined ? 'user:unknown' : `user:${user_id}`),
});

export class PasswordChangedData {
  @IsUUID()
  user_id: string;
}

/** A password was set; every session opened before is over, but for the one it was changed from. */
export const PasswordChanged = defineEvent({
  type: 'auth.password_changed',
  version: 1,
  schema: PasswordChangedData,
  subject: ofUser,
});

export class PasswordResetRequestedData {
  /** Absent when no account has the address that was given. */
  @IsOptional()
  @IsUUID()
  user_id?: string;
}

/** Somebody asked for a new password: the owner, an administrator, or a stranger. */
export const PasswordResetRequested = defineEvent({
  type: 'auth.password_reset_requested',
  version: 1,
  schema: PasswordResetRequestedData,
  subject: ({ user_id }) => (user_id === undefined ? 'user:unknown' : `user:${user_id}`),
});
