import { defineReason } from '../platform/errors/index.js';

export const EMAIL_TAKEN = defineReason({
  reason: 'EMAIL_TAKEN',
  under: 'CONFLICT',
  field: 'email',
  message: 'An account with this e-mail address exists already.',
});

export const ROLE_ABOVE_OWN = defineReason({
  reason: 'ROLE_ABOVE_OWN',
  under: 'FORBIDDEN',
  field: 'role',
  message: 'You may not give a role that is higher than your own.',
});

export const SUPER_ADMIN_PROTECTED = defineReason({
  reason: 'SUPER_ADMIN_PROTECTED',
  under: 'FORBIDDEN',
  message: 'Only a super_admin may change a super_admin.',
});

/** Whoever may change an account's e-mail address can have its password: a key must not reach further so. */
export const ACCOUNT_ABOVE_OWN = defineReason({
  reason: 'ACCOUNT_ABOVE_OWN',
  under: 'FORBIDDEN',
  message: 'This account may do more than you may.',
});

export const LAST_SUPER_ADMIN = defineReason({
  reason: 'LAST_SUPER_ADMIN',
  under: 'CONFLICT',
  message: 'The last active super_admin cannot be deleted.',
  grpc: 'FAILED_PRECONDITION',
});
