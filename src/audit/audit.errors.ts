import { defineReason } from '../platform/errors/index.js';

export const INVALID_AUDIT_CURSOR = defineReason({
  reason: 'INVALID_AUDIT_CURSOR',
  under: 'VALIDATION_FAILED',
  field: 'cursor',
  message: 'The cursor must be the next_cursor of an earlier answer.',
});
