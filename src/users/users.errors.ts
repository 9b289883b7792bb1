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
  message: 'The last active super_admin cannot be deleted, shut out or given another role.',
  grpc: 'ABORTED',
});

export const OWN_ACCESS = defineReason({
  reason: 'OWN_ACCESS',
  under: 'FORBIDDEN',
  message: 'You may not change your own role or status.',
});

export const STATUS_TRANSITION_REFUSED = defineReason({
  reason: 'STATUS_TRANSITION_REFUSED',
  under: 'CONFLICT',
  field: 'status',
  message: 'An account in its present status does not change to this one.',
  grpc: 'ABORTED',
});

export const NOT_DELETED = defineReason({
  reason: 'NOT_DELETED',
  under: 'CONFLICT',
  message: 'The account is not deleted.',
  grpc: 'ABORTED',
});

export const INVALID_USER_CURSOR = defineReason({
  reason: 'INVALID_USER_CURSOR',
  under: 'VALIDATION_FAILED',
  field: 'cursor',
  message: 'cursor must be one that this list has given for the same sort, order and filters.',
});

export const IMPORT_FILE_BROKEN = defineReason({
  reason: 'IMPORT_FILE_BROKEN',
  under: 'MALFORMED_REQUEST',
  message: 'The file cannot be read as what it says it is.',
});

export const IMPORT_EMPTY = defineReason({
  reason: 'IMPORT_EMPTY',
  under: 'VALIDATION_FAILED',
  message: 'The file has no rows.',
});

export const IMPORT_TOO_LARGE = defineReason({
  reason: 'IMPORT_TOO_LARGE',
  under: 'PAYLOAD_TOO_LARGE',
  message: 'The file has too many rows, or a row that is too long.',
});

export const IMPORT_UNFINISHED = defineReason({
  reason: 'IMPORT_UNFINISHED',
  under: 'CONFLICT',
  message: 'An import of yours is not finished yet.',
});
