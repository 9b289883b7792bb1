import { defineReason } from '../platform/errors/index.js';

export const REGISTRATION_CLOSED = defineReason({
  reason: 'REGISTRATION_CLOSED',
  under: 'FORBIDDEN',
  message: 'Accounts are opened by an administrator here.',
});

/** Told only to those who know the password. */
export const ACCOUNT_SUSPENDED = defineReason({
  reason: 'ACCOUNT_SUSPENDED',
  under: 'FORBIDDEN',
  message: 'This account is suspended.',
});

/** Told only to those who know the password. */
export const EMAIL_NOT_VERIFIED = defineReason({
  reason: 'EMAIL_NOT_VERIFIED',
  under: 'FORBIDDEN',
  message: 'The e-mail address of this account must be verified first.',
});

export const RESET_TOKEN_INVALID = defineReason({
  reason: 'RESET_TOKEN_INVALID',
  under: 'VALIDATION_FAILED',
  field: 'token',
  message: 'The token is wrong, expired or used already.',
});

/** The caller is signed in all the same: no 401, at which clients throw their token away. */
export const CURRENT_PASSWORD_WRONG = defineReason({
  reason: 'CURRENT_PASSWORD_WRONG',
  under: 'VALIDATION_FAILED',
  field: 'current_password',
  message: 'The current password is wrong.',
});

export const PASSWORD_UNCHANGED = defineReason({
  reason: 'PASSWORD_UNCHANGED',
  under: 'VALIDATION_FAILED',
  field: 'new_password',
  message: 'The new password is the one you have.',
});

export const VERIFICATION_TOKEN_INVALID = defineReason({
  reason: 'VERIFICATION_TOKEN_INVALID',
  under: 'VALIDATION_FAILED',
  field: 'token',
  message: 'The token is wrong, expired or used already.',
});

const password = (reason: string, message: string) =>
  defineReason({ reason, under: 'VALIDATION_FAILED', field: 'password', message });

export const PASSWORD_TOO_SHORT = password('PASSWORD_TOO_SHORT', 'The password is too short.');
export const PASSWORD_TOO_LONG = password('PASSWORD_TOO_LONG', 'The password is longer than 128 characters.');
export const PASSWORD_NEEDS_UPPER_CASE = password(
  'PASSWORD_NEEDS_UPPER_CASE',
  'The password needs an upper-case letter.',
);
export const PASSWORD_NEEDS_LOWER_CASE = password(
  'PASSWORD_NEEDS_LOWER_CASE',
  'The password needs a lower-case letter.',
);
export const PASSWORD_NEEDS_DIGIT = password('PASSWORD_NEEDS_DIGIT', 'The password needs a digit.');
export const PASSWORD_TOO_COMMON = password(
  'PASSWORD_TOO_COMMON',
  'The password is among the first that are guessed.',
);
export const PASSWORD_CONTAINS_IDENTITY = password(
  'PASSWORD_CONTAINS_IDENTITY',
  'The password must not contain your name or e-mail address.',
);

export const SCOPE_ABOVE_OWN = defineReason({
  reason: 'SCOPE_ABOVE_OWN',
  under: 'FORBIDDEN',
  field: 'scopes',
  message: 'An API key may not do more than its owner.',
});

export const EXPIRY_GIVEN_TWICE = defineReason({
  reason: 'EXPIRY_GIVEN_TWICE',
  under: 'VALIDATION_FAILED',
  field: 'expires_in_days',
  message: 'Give expires_at or expires_in_days, not both.',
});

export const EXPIRY_OUT_OF_RANGE = defineReason({
  reason: 'EXPIRY_OUT_OF_RANGE',
  under: 'VALIDATION_FAILED',
  field: 'expires_at',
  message: 'An API key ends in the future, and no later than the configuration allows.',
});

export const API_KEY_LIMIT = defineReason({
  reason: 'API_KEY_LIMIT',
  under: 'CONFLICT',
  message: 'This account has as many API keys as it may have; revoke one first.',
  grpc: 'ABORTED',
});
